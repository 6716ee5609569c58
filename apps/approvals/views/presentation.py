"""Words of the case page: its history, its tabs, its first sentence."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.approvals.choices import ACCESS_CASE, CaseState
from apps.tenants import selectors as tenants
from foundation.identity import Actor
from foundation.web.history import history as history_of


def history(actor: Actor, case_id: UUID) -> list[dict[str, Any]]:
    """What happened to the case, the newest first."""
    return history_of(actor, ("approval_case", case_id), names=tenants.names_of)


def after_decision(actor: Actor, case: Any) -> tuple[str, str]:
    """What is said to whoever decided, and where they go on: to the member's role where only a role brings it."""
    here = reverse("approvals:case_detail", args=[actor.tenant.slug, case.pk])
    if case.state != CaseState.GRANTED:
        return _("Refused."), here
    member = tenants.member_of(actor=actor, user_id=case.requester_id)
    if case.kind != ACCESS_CASE or case.project_id is not None or member is None:
        return _("Approved. It takes effect now."), here
    said = _("Approved. A role brings this permission, so change the role here: nothing has changed yet.")
    return said, reverse("tenants:member_edit", args=[actor.tenant.slug, member.pk])


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
