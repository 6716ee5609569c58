from django.urls import path

from apps.connections.views import changing, looking, pages
from apps.connections.views.equals import EQUALS
from foundation.web import equals

app_name = "connections"
equals.register(EQUALS)
tenant_patterns = [
    path("connections/<uuid:connection_id>/", pages.connection_anywhere, name="connection_anywhere"),
]
project_patterns = [
    path("data/connections/", pages.connection_list, name="connection_list"),
    path("data/connections/new/", changing.connection_new, name="connection_new"),
    path("data/connections/<uuid:connection_id>/", pages.connection_detail, name="connection_detail"),
    path("data/connections/<uuid:connection_id>/edit/", changing.connection_edit, name="connection_edit"),
    path("data/connections/<uuid:connection_id>/test/", changing.connection_test, name="connection_test"),
    path("data/connections/<uuid:connection_id>/delete/", changing.connection_delete, name="connection_delete"),
    path("data/connections/<uuid:connection_id>/things/", looking.connection_things, name="connection_things"),
    path("data/connections/<uuid:connection_id>/preview/", looking.connection_preview, name="connection_preview"),
]
