"""Words of the case page: its history, its tabs, its first sentence."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.tenants import selectors as tenants
from foundation import ledger
from foundation.identity import Actor

_SAID = {
    "approval.opened": (gettext_lazy("asked for a decision"), "message"),
    "approval.granted": (gettext_lazy("approved"), "circle-check"),
    "approval.refused": (gettext_lazy("refused"), "circle-x"),
    "approval.withdrawn": (gettext_lazy("withdrew the case"), "arrow-back-up"),
    "approval.voided": (gettext_lazy("asked anew for what changed; this case is void"), "link-off"),
    "approval.commented": (gettext_lazy("commented"), "message"),
}


def history(actor: Actor, case_id: UUID) -> list[dict[str, Any]]:
    """What happened to the case, the newest first, as components/timeline.html takes it."""
    events = ledger.events_of(subject=("approval_case", case_id))
    names = tenants.names_of(actor=actor, user_ids={e.actor_id for e in events if e.actor_kind == "user"})
    return [
        {
            "actor": names.get(event.actor_id, "") if event.actor_id else "",
            "text": _SAID.get(event.kind, (event.kind, ""))[0],
            "icon": _SAID.get(event.kind, ("", "circle"))[1],
            "at": event.recorded_at,
        }
        for event in events
    ]


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
