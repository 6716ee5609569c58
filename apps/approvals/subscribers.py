"""What a case brings and what ends one; who may listen to it, how it stands in a chain, how many wait for somebody."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.approvals import selectors, services
from apps.approvals.choices import ACCESS_CASE, CaseState
from apps.projects import selectors as projects
from apps.tenants import services as tenants
from foundation import access, ledger, live
from foundation.access import Permission, Role
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.ledger import RecordedEvent
from foundation.web import chain, navigation


def register() -> None:
    ledger.subscribe("approval.granted", name="approvals.give_access", handler=give_when_granted)
    for kind in ("membership.removed", "membership.role_changed"):
        ledger.subscribe(kind, name="approvals.close_settled", handler=close_when_settled)
    services.register_evidence(
        ACCESS_CASE,
        "approvals/partials/access.html",
        selectors.access_asked_for,
        void_fn=selectors.access_is_settled,
    )
    projects.register_work("approval_case", _work)
    live.register_topic("approval_case", check=_check_listener)
    chain.register("approval_case", _link)
    chain.register_upwards("model_version", _decisions_on_model_version)
    navigation.register_count("approvals/", _count)
    tenants.register_start(Role.OFFICER, _start)


def _work(actor: Actor, project_id: UUID) -> list[projects.AtWork]:
    """Open cases but those about access: who reads an archived project is decided on all the same."""
    rows = selectors.visible_cases(actor=actor).filter(project_id=project_id, state=CaseState.OPEN)
    says = _("waits for a decision")
    return [projects.AtWork("approval_case", row.pk, str(row), says) for row in rows.exclude(kind=ACCESS_CASE)]


def give_when_granted(event: RecordedEvent) -> None:
    if event.payload["case_kind"] != ACCESS_CASE:
        return
    services.give_asked_access(
        actor=event.system("approval"),
        case_id=UUID(event.payload["case_id"]),
        digest=event.payload["subject_digest"],
    )


def close_when_settled(event: RecordedEvent) -> None:
    services.close_settled_requests(actor=event.system("approval"), user_id=UUID(event.payload["user_id"]))


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
        name=str(case),
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
    if not access.can_somewhere(actor, Permission.APPROVAL_VIEW):
        return []
    cases = selectors.cases_of(actor=actor, subject=("model_version", version_id))
    return [("approval_case", case.pk) for case in cases[:1]]


def _start(actor: Actor) -> str:
    """An officer begins at what waits for them."""
    return reverse("approvals:case_list", args=[actor.tenant.slug])


def _count(actor: Actor) -> int:
    if not access.can_somewhere(actor, Permission.APPROVAL_VIEW):
        return 0
    return selectors.waiting_for(actor=actor).count()
