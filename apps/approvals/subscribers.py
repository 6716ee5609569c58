"""Who may listen to a case, how it stands in a chain, and how many wait for somebody."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.approvals import selectors
from apps.approvals.choices import CaseState
from apps.tenants import services as tenants
from foundation import access, live
from foundation.access import Permission, Role
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.web import chain, navigation


def register() -> None:
    live.register_topic("approval_case", check=_check_listener)
    chain.register("approval_case", _link)
    chain.register_upwards("model_version", _decisions_on_model_version)
    navigation.register_count("approvals/", _count)
    tenants.register_start(Role.OFFICER, _start)


def _check_listener(actor: Actor, case_id: UUID) -> None:
    selectors.get_case(actor=actor, case_id=case_id)


def _link(actor: Actor, case_id: UUID) -> chain.Link | None:
    try:
        case = selectors.get_case(actor=actor, case_id=case_id)
    except NotFound:
        return None
    decision = getattr(case, "decision", None)
    void = selectors.void_reason(actor=actor, case=case)
    node = chain.ChainNode(
        kind="approval_case",
        name=case.title,
        state=CaseState.VOID if void else case.state,
        state_label=_state_label(case.state, void),
        at=case.closed_at or case.created_at,
        url=reverse("approvals:case_detail", args=[actor.tenant.slug, case.pk]),
        digest=case.subject_digest,
        actor=str(decision.decided_by if decision else case.requested_by or ""),
        broken_reason=void,
    )
    return chain.Link(node, made_from=((case.subject_kind, case.subject_id),))


def _state_label(state: str, void: str) -> str:
    """Short, since a node of the chain is narrow."""
    if state == CaseState.OPEN:
        return str(CaseState.VOID.label) if void else _("Waiting")
    return str(CaseState(state).label)


def _decisions_on_model_version(actor: Actor, version_id: UUID) -> list[chain.Reference]:
    if not access.can(actor, Permission.APPROVAL_VIEW):
        return []
    cases = selectors.cases_of(actor=actor, subject=("model_version", version_id))
    return [("approval_case", case.pk) for case in cases[:1]]


def _start(actor: Actor) -> str:
    """An officer begins at what waits for them."""
    return reverse("approvals:case_list", args=[actor.tenant.slug])


def _count(actor: Actor) -> int:
    if not access.can(actor, Permission.APPROVAL_VIEW):
        return 0
    return selectors.waiting_for(actor=actor).count()
