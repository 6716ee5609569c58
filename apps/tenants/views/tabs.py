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
    if access.can(request.actor, Permission.TENANT_MANAGE):
        named.append(("tenant", _("Organisation"), "tenant_edit"))
    return [
        {"label": label, "url": reverse(f"tenants:{name}", args=[request.tenant.slug]), "current": key == current}
        for key, label, name in named
    ]
