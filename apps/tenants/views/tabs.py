"""The tabs of the tenant's settings: a few parts, each with the pages that belong together."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation import access
from foundation.access import Permission
from foundation.web.requests import PortalRequest

_EVERYBODY = Permission.TENANT_VIEW
# The parts, and in each its pages: the word that a view names, what the page is called, its route, who may open it.
_PARTS: tuple[tuple[str | Promise, tuple[tuple[str, str | Promise, str, Permission], ...]], ...] = (
    (
        _("People"),
        (
            ("members", _("Members"), "member_list", _EVERYBODY),
            ("groups", _("Groups"), "group_list", Permission.MEMBER_MANAGE),
            ("service_accounts", _("Service accounts"), "service_account_list", Permission.MEMBER_MANAGE),
        ),
    ),
    (_("Tokens"), (("tokens", _("Tokens"), "token_list", _EVERYBODY),)),
    (
        _("Cost"),
        (
            ("usage", _("Usage and cost"), "usage", Permission.USAGE_VIEW),
            ("quotas", _("Quotas"), "quotas", Permission.USAGE_VIEW),
            ("budgets", _("Budgets"), "budgets", Permission.USAGE_VIEW),
            ("prices", _("Prices"), "prices", Permission.USAGE_VIEW),
        ),
    ),
    (
        _("Sign-in"),
        (
            ("sign_in", _("Second factor"), "sign_in_rules", Permission.TENANT_MANAGE),
            ("single_sign_on", _("Single sign-on"), "provider_list", Permission.TENANT_MANAGE),
        ),
    ),
    (_("Encryption"), (("encryption", _("Encryption"), "encryption", Permission.TENANT_MANAGE),)),
    (_("Webhooks"), (("webhooks", _("Webhooks"), "webhook_list", Permission.TENANT_MANAGE),)),
    (
        _("Organisation"),
        (
            ("tenant", _("Organisation"), "tenant_edit", Permission.TENANT_MANAGE),
            ("support", _("Support"), "support", Permission.TENANT_MANAGE),
            ("bin", _("Bin"), "bin_list", Permission.TENANT_MANAGE),
            ("leaving", _("Leave Sanad"), "leaving", Permission.TENANT_MANAGE),
        ),
    ),
)


def tabs(request: PortalRequest, current: str) -> list[dict[str, Any]]:
    """The parts that the reader may open; the present one with its pages, where it has more than one."""
    found = []
    for label, pages in _PARTS:
        seen = [page for page in pages if access.can_somewhere(request.actor, page[3])]
        if not seen:
            continue
        shown = [_tab(request, name, route, key == current) for key, name, route, _permission in seen]
        here = any(tab["current"] for tab in shown)
        parts = shown if here and len(shown) > 1 else []
        found.append({"label": label, "url": shown[0]["url"], "current": here, "parts": parts})
    return found


def _tab(request: PortalRequest, label: str | Promise, route: str, current: bool) -> dict[str, Any]:
    return {"label": label, "url": reverse(f"tenants:{route}", args=[request.tenant.slug]), "current": current}
