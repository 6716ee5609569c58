from rest_framework.routers import SimpleRouter

from apps.monitoring.api import views

router = SimpleRouter(use_regex_path=False)
router.register("monitors", views.MonitorViewSet, basename="monitor")
router.register("alerts", views.AlertViewSet, basename="alert")
router.register("replays", views.ReplayViewSet, basename="replay")
api_patterns = router.urls
