from rest_framework.routers import SimpleRouter

from apps.deployments.api import views

router = SimpleRouter(use_regex_path=False)
router.register("deployments", views.DeploymentViewSet, basename="deployment")
router.register("revisions", views.RevisionViewSet, basename="revision")
api_patterns = router.urls
