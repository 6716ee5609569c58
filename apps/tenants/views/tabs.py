"""The tabs of the tenant's settings."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from foundation import access
from foundation.access import Permission
from foundation.web.requests import PortalRequest


def tabs(request: PortalRequest, current: str) -> list[dict[str, Any]]:
    """Those that the reader may open."""
    named = [("members", _("Members"), "member_list"), ("tokens", _("Tokens"), "token_list")]
    if access.can(request.actor, Permission.MEMBER_MANAGE):
        named.append(("groups", _("Groups"), "group_list"))
        named.append(("service_accounts", _("Service accounts"), "service_account_list"))
    if access.can_somewhere(request.actor, Permission.USAGE_VIEW):
        named.append(("usage", _("Usage and cost"), "usage"))
        named += [
            ("quotas", _("Quotas"), "quotas"),
            ("budgets", _("Budgets"), "budgets"),
            ("prices", _("Prices"), "prices"),
        ]
    if access.can(request.actor, Permission.TENANT_MANAGE):
        named.append(("webhooks", _("Webhooks"), "webhook_list"))
        named.append(("sign_in", _("Sign-in"), "sign_in_rules"))
        named.append(("single_sign_on", _("Single sign-on"), "provider_list"))
        named.append(("encryption", _("Encryption"), "encryption"))
        named.append(("tenant", _("Organisation"), "tenant_edit"))
    return [
        {"label": label, "url": reverse(f"tenants:{name}", args=[request.tenant.slug]), "current": key == current}
        for key, label, name in named
    ]
