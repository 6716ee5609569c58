from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.tenants.api import bin, costs, exports, groups, keys, single_sign_on, support, tenant, views, webhooks

router = SimpleRouter(use_regex_path=False)
router.register("groups", groups.GroupViewSet, basename="group")
router.register("members", views.MemberViewSet, basename="member")
router.register("project-roles", groups.ProjectRoleViewSet, basename="project-role")
router.register("service-accounts", views.ServiceAccountViewSet, basename="service-account")
router.register("tokens", views.TokenViewSet, basename="token")
router.register("keys", keys.KeyViewSet, basename="key")
router.register("webhooks", webhooks.WebhookViewSet, basename="webhook")
router.register("identity-providers", single_sign_on.IdentityProviderViewSet, basename="identity-provider")
router.register("email-domains", single_sign_on.EmailDomainViewSet, basename="email-domain")
router.register("bin", bin.BinViewSet, basename="bin")
router.register("support", support.SupportViewSet, basename="support")
router.register("exports", exports.ExportViewSet, basename="export")
router.register("usage", costs.UsageViewSet, basename="usage")
router.register("quotas", costs.QuotaViewSet, basename="quota")
router.register("budgets", costs.BudgetViewSet, basename="budget")
router.register("prices", costs.PriceViewSet, basename="price")
# One thing each without an id: the organisation that the caller is in, and what it asks of its members.
_TENANT = tenant.TenantViewSet.as_view({"get": "retrieve", "patch": "partial_update"})
_RULE = tenant.SecondFactorRuleViewSet.as_view({"get": "retrieve", "patch": "partial_update"})
api_patterns = [
    path("tenant/", _TENANT, name="tenant"),
    path("second-factor-rule/", _RULE, name="second-factor-rule"),
    *router.urls,
]
