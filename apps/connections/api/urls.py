from rest_framework.routers import SimpleRouter

from apps.connections.api import views

router = SimpleRouter(use_regex_path=False)
router.register("connections", views.ConnectionViewSet, basename="connection")
api_patterns = router.urls
