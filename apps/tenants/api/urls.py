from rest_framework.routers import SimpleRouter

from apps.tenants.api import views, webhooks

router = SimpleRouter(use_regex_path=False)
router.register("members", views.MemberViewSet, basename="member")
router.register("service-accounts", views.ServiceAccountViewSet, basename="service-account")
router.register("tokens", views.TokenViewSet, basename="token")
router.register("webhooks", webhooks.WebhookViewSet, basename="webhook")
api_patterns = router.urls
