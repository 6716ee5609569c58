from rest_framework.routers import SimpleRouter

from apps.approvals.api import views

router = SimpleRouter(use_regex_path=False)
router.register("approvals", views.ApprovalViewSet, basename="approval")
api_patterns = router.urls
