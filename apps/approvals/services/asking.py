"""Asking for access: a case about a person, a permission and a place, and what a granted one gives."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from apps.approvals import policies, selectors
from apps.approvals.choices import ACCESS_CASE, LONGEST_REASON, CaseState, access_subject
from apps.approvals.models import ApprovalCase
from apps.approvals.services.cases import close_as_void, enter_case
from apps.projects import selectors as projects
from apps.tenants import services as tenants
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import Invalid
from foundation.identity import Actor
from foundation.words import Words


@transaction.atomic
def ask_for_access(
    *, actor: Actor, permission: Permission, project_id: UUID | None, reason: str = ""
) -> tuple[ApprovalCase, bool]:
    """Ask the administrators for a permission; the case, and whether it is new: one that waits is not opened twice."""
    # What is held in the whole tenant comes with a role, wherever it was missed.
    place = None if permission in access.TENANT_WIDE else project_id
    policies.check_can_ask_for_access(actor, permission, place)
    project = projects.get_project_by_id(actor=actor, project_id=place) if place else None
    subject, digest = access_subject(actor.id, permission, place)
    waiting = selectors.cases_of(actor=actor, subject=subject, kind=ACCESS_CASE).filter(state=CaseState.OPEN).first()
    if waiting is not None:
        return waiting, False
    policies.check_asks_with_measure(actor, now())
    case = enter_case(
        actor=actor,
        project_id=place,
        kind=ACCESS_CASE,
        subject=subject,
        subject_digest=digest,
        title=_title(permission, str(project) if project else ""),
        evidence={"permission": permission.value, "role": actor.role, "reason": _checked(reason)},
    )
    return case, True


def _title(permission: Permission, project: str) -> Words:
    with override("en"):
        act = Words(str(permission.label))
    if project:
        return Words(gettext_noop("Permission to %(act)s in %(project)s"), {"act": act, "project": project})
    return Words(gettext_noop("Permission to %(act)s"), {"act": act})


@transaction.atomic
def give_asked_access(*, actor: Actor, case_id: UUID, digest: str) -> None:
    """What a granted case does; nothing where a role would bring the permission: an administrator changes that."""
    case = selectors.get_case(actor=actor, case_id=case_id)
    policies.check_can_give_access(case, digest)
    if case.project_id is None:
        return
    tenants.give_permission(
        actor=actor,
        user_id=case.requester_id,
        permission=Permission(case.evidence["permission"]),
        project_id=case.project_id,
        case_id=case.pk,
    )


@transaction.atomic
def close_settled_requests(*, actor: Actor, user_id: UUID) -> None:
    """Whoever left, or holds by now what they asked for, keeps no administrator waiting."""
    rows = ApprovalCase.objects.select_for_update().filter(
        tenant_id=actor.tenant_id, kind=ACCESS_CASE, requester_id=user_id, state=CaseState.OPEN
    )
    for case in rows:
        if selectors.void_reason(actor=actor, case=case):
            close_as_void(actor, case)


def _checked(reason: str) -> str:
    kept = reason.strip()
    if len(kept) > LONGEST_REASON:
        sentence = _("At most %(most)d signs.") % {"most": LONGEST_REASON}
        raise Invalid(sentence, fields={"reason": [sentence]})
    return kept
