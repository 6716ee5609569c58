from django.urls import path

from apps.dashboards.api import views

chain = views.ChainViewSet.as_view({"get": "retrieve"})
who = views.AccessViewSet.as_view({"get": "retrieve"})
api_patterns = [
    path("chain/<slug:kind>/<uuid:pk>/", chain, name="chain"),
    path("access/<slug:kind>/<uuid:pk>/", who, name="access"),
]
