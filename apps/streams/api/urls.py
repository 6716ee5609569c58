from rest_framework.routers import SimpleRouter

from apps.streams.api import views

router = SimpleRouter(use_regex_path=False)
router.register("streams", views.StreamViewSet, basename="stream")
api_patterns = router.urls
