"""Words of the case page: its history, its tabs, its first sentence."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.tenants import selectors as tenants
from foundation.identity import Actor
from foundation.web.history import history as history_of


def history(actor: Actor, case_id: UUID) -> list[dict[str, Any]]:
    """What happened to the case, the newest first."""
    return history_of(actor, ("approval_case", case_id), names=tenants.names_of)


def list_tabs(tenant: str, shown: str, waiting: int) -> list[dict[str, Any]]:
    here = reverse("approvals:case_list", args=[tenant])
    named = [("waiting", _("Waiting for you"), waiting), ("mine", _("Asked by you"), None), ("all", _("All"), None)]
    return [
        {"label": label, "url": f"{here}?show={key}", "current": key == shown, "count": count}
        for key, label, count in named
    ]


def flat(evidence: dict[str, Any], before: str = "") -> list[dict[str, str]]:
    """Evidence as terms and values, for kinds of cases that no app shows in a panel of its own."""
    items: list[dict[str, str]] = []
    for name, value in evidence.items():
        if isinstance(value, dict):
            items += flat(value, f"{before}{name} › ")
        else:
            items.append({"term": f"{before}{name}", "value": str(value)})
    return items
