from rest_framework.routers import SimpleRouter

from apps.experiments.api import views

router = SimpleRouter(use_regex_path=False)
router.register("experiments", views.ExperimentViewSet, basename="experiment")
router.register("runs", views.RunViewSet, basename="run")
api_patterns = router.urls
