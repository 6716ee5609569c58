from rest_framework.routers import SimpleRouter

from apps.projects.api import views

router = SimpleRouter(use_regex_path=False)
router.register("projects", views.ProjectViewSet, basename="project")
api_patterns = router.urls
