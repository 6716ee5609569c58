from django.urls import path

from apps.dashboards.views import home, overview, reach, saved_filters, searching
from apps.dashboards.views.equals import EQUALS
from foundation.web import equals

app_name = "dashboards"
equals.register(EQUALS)
tenant_patterns = [
    path("", home.home, name="home"),
    path("notifications/", home.notifications, name="notifications"),
    path("notifications/count/", home.notification_count, name="notification_count"),
    path("search/", searching.search, name="search"),
    path("go/<slug:kind>/<uuid:object_id>/", searching.go, name="go"),
    path("who/<slug:kind>/<uuid:object_id>/", reach.who, name="who"),
    path("filters/", saved_filters.filter_list, name="filter_list"),
    path("filters/new/", saved_filters.filter_new, name="filter_new"),
    path("filters/<uuid:filter_id>/", saved_filters.filter_edit, name="filter_edit"),
    path("filters/<uuid:filter_id>/delete/", saved_filters.filter_delete, name="filter_delete"),
    path("visits/<uuid:visit_id>/star/", home.star, name="visit_star"),
]
project_patterns = [
    path("", overview.overview, name="overview"),
    path("getting-started/dismiss/", overview.dismiss, name="getting_started_dismiss"),
]
