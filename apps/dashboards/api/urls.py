from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.dashboards.api import saved_filters, views

router = SimpleRouter(use_regex_path=False)
router.register("saved-filters", saved_filters.SavedFilterViewSet, basename="saved-filter")
chain = views.ChainViewSet.as_view({"get": "retrieve"})
who = views.AccessViewSet.as_view({"get": "retrieve"})
api_patterns = [
    *router.urls,
    path("chain/<slug:kind>/<uuid:pk>/", chain, name="chain"),
    path("access/<slug:kind>/<uuid:pk>/", who, name="access"),
]
