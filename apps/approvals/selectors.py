"""Reads of cases, each limited to what the actor may see; and what upper apps say of the things asked about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.approvals.choices import ACCESS_CASE, DECIDED_BY, MOST_ASKED_WITHIN, CaseState, decided_by
from apps.approvals.models import ApprovalCase, Comment
from apps.tenants import selectors as tenants
from foundation import access
from foundation.access import Permission, Role
from foundation.access.permissions import ROLE_PERMISSIONS
from foundation.errors import NotFound
from foundation.identity import Actor

ContextOf = Callable[[Actor, ApprovalCase], dict[str, Any]]
DigestOf = Callable[[Actor, UUID], str | None]
VoidBecause = Callable[[Actor, ApprovalCase], str]


@dataclass(frozen=True)
class CaseKind:
    """How an upper app shows what speaks for and against, and which digest the thing has now (None: it is gone)."""

    template: str
    context: ContextOf
    digest: DigestOf | None = None
    void: VoidBecause | None = None


@dataclass(frozen=True)
class Panel:
    """A piece of the case page: a template of the upper app with its context."""

    template: str
    context: dict[str, Any]


_kinds: dict[str, CaseKind] = {}


def register_kind(kind: str, shown: CaseKind) -> None:
    _kinds[kind] = shown


def evidence_panel(*, actor: Actor, case: ApprovalCase) -> Panel | None:
    """What the app that opened the case shows of it; None where no app does."""
    known = _kinds.get(case.kind)
    return Panel(known.template, known.context(actor, case)) if known else None


def void_reason(*, actor: Actor, case: ApprovalCase) -> str:
    """Why an open case can no longer be decided: the thing is not the one that was asked about. Empty where it is."""
    known = _kinds.get(case.kind)
    if case.state != CaseState.OPEN or known is None:
        return ""
    if known.void is not None and (because := known.void(actor, case)):
        return because
    if known.digest is None:
        return ""
    present = known.digest(actor, case.subject_id)
    if present is None:
        return _("What was asked about is gone, so this case is void.")
    if present != case.subject_digest:
        return _("What was asked about has changed since, so this case is void. Ask again for what it is now.")
    return ""


def visible_cases(*, actor: Actor) -> QuerySet[ApprovalCase]:
    """The cases of the actor's tenant, and what a person asked for themselves; a project's token sees the project's."""
    rows = ApprovalCase.objects.select_related("project", "requested_by", "decision__decided_by")
    return access.visible(rows, actor, Permission.APPROVAL_VIEW, own=_own_requests(actor))


def get_case(*, actor: Actor, case_id: UUID) -> ApprovalCase:
    found = visible_cases(actor=actor).filter(pk=case_id).first()
    if found is None:
        raise NotFound(_("There is no such approval case here, or it is not yours to see."))
    return found


def is_own_request(*, actor: Actor, case: ApprovalCase) -> bool:
    """Whether the actor is the person who asked for access by this case, with a token that may read cases, if any."""
    own = case.kind == ACCESS_CASE and case.requester_id == actor.id
    return own and access.reads_own(actor, Permission.APPROVAL_VIEW)


def _own_requests(actor: Actor) -> Q:
    return Q(kind=ACCESS_CASE, requester_id=_id_of(actor))


def waiting_for(*, actor: Actor) -> QuerySet[ApprovalCase]:
    """Open cases that the actor may decide, the most urgent first; one's own requests are never among them."""
    rows = visible_cases(actor=actor).filter(state=CaseState.OPEN).exclude(requester_id=_id_of(actor))
    return rows.filter(_decided_by(actor)).order_by("due_at", "id")


def asked_by(*, actor: Actor) -> QuerySet[ApprovalCase]:
    return visible_cases(actor=actor).filter(requester_id=_id_of(actor))


def asked_lately(*, actor: Actor, now: datetime) -> int:
    """How often the actor asked for access within a day, whatever became of it."""
    rows = ApprovalCase.objects.filter(tenant_id=actor.tenant_id, created_at__gt=now - MOST_ASKED_WITHIN)
    return rows.filter(_own_requests(actor)).count()


def cases_of(*, actor: Actor, subject: tuple[str, UUID], kind: str = "") -> QuerySet[ApprovalCase]:
    """The cases about one thing, the newest first."""
    wanted = Q(subject_kind=subject[0], subject_id=subject[1])
    return visible_cases(actor=actor).filter(wanted & Q(kind=kind) if kind else wanted)


def comments_of(*, actor: Actor, case: ApprovalCase) -> QuerySet[Comment]:
    if not is_own_request(actor=actor, case=case):
        access.require(actor, Permission.APPROVAL_VIEW, case)
    return case.comments.select_related("author")


def people_who_decide(*, actor: Actor, case: ApprovalCase) -> list[str]:
    """Names of those who may decide this case."""
    permission = decided_by(case.kind)
    people = tenants.people_who_may(actor=actor, permission=permission, project_id=case.project_id)
    return [str(person) for person in people if person.pk != case.requester_id]


def access_asked_for(actor: Actor, case: ApprovalCase) -> dict[str, Any]:
    """What the page shows of a case about access: the permission, who asks, what would bring it."""
    permission = Permission(case.evidence["permission"])
    membership = tenants.member_of(actor=actor, user_id=case.requester_id)
    return {
        "permission": permission,
        "role": Role(case.evidence["role"]).label,
        "reason": case.evidence["reason"],
        "roles": [role.label for role, held in ROLE_PERMISSIONS.items() if permission in held],
        "holds": _holds(actor, case),
        "membership": membership,
        "may_change_role": access.can(actor, Permission.MEMBER_MANAGE),
    }


def access_is_settled(actor: Actor, case: ApprovalCase) -> str:
    """Why nobody needs to decide on access any more; empty where somebody does."""
    if tenants.member_of(actor=actor, user_id=case.requester_id) is None:
        return _("Whoever asked is not a member any more, so this case is void.")
    if _holds(actor, case):
        return _("Whoever asked holds this permission by now, so this case is void.")
    return ""


def _holds(actor: Actor, case: ApprovalCase) -> bool:
    """Whether who asked holds what they asked for, by role or by a grant."""
    permission = Permission(case.evidence["permission"])
    holders = tenants.people_who_may(actor=actor, permission=permission, project_id=case.project_id)
    return case.requester_id in {person.pk for person in holders}


def _decided_by(actor: Actor) -> Q:
    """The cases that the actor could decide: those of approvals, and those of other deciders, by kind."""
    kinds = [kind for kind, permission in DECIDED_BY.items() if access.can(actor, permission)]
    approvals = ~Q(kind__in=list(DECIDED_BY))
    if not access.can(actor, Permission.APPROVAL_DECIDE):
        approvals &= Q(project_id__in=access.granted_in(actor, Permission.APPROVAL_DECIDE))
    return approvals | Q(kind__in=kinds)


def _id_of(actor: Actor) -> UUID:
    """The portal itself asks for nothing and is nobody's requester."""
    return actor.id or UUID(int=0)
