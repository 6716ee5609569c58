from django.urls import path

from apps.dashboards.views import home, overview, reach, searching

app_name = "dashboards"
tenant_patterns = [
    path("", home.home, name="home"),
    path("notifications/", home.notifications, name="notifications"),
    path("notifications/count/", home.notification_count, name="notification_count"),
    path("search/", searching.search, name="search"),
    path("go/<slug:kind>/<uuid:object_id>/", searching.go, name="go"),
    path("who/<slug:kind>/<uuid:object_id>/", reach.who, name="who"),
    path("visits/<uuid:visit_id>/star/", home.star, name="visit_star"),
]
project_patterns = [
    path("", overview.overview, name="overview"),
    path("getting-started/dismiss/", overview.dismiss, name="getting_started_dismiss"),
]
