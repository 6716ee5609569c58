from rest_framework.routers import SimpleRouter

from apps.registry.api import views

router = SimpleRouter(use_regex_path=False)
router.register("models", views.ModelViewSet, basename="model")
router.register("model-versions", views.ModelVersionViewSet, basename="model-version")
api_patterns = router.urls
