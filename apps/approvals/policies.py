from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _

from apps.approvals import selectors
from apps.approvals.choices import CaseState
from foundation import access
from foundation.access import Permission
from foundation.errors import AccessDenied, Conflict
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.approvals.models import ApprovalCase


def check_can_open(actor: Actor, project_id: UUID) -> None:
    access.require(actor, Permission.APPROVAL_OPEN, access.Inside(project_id))


def check_can_decide(actor: Actor, case: ApprovalCase) -> None:
    """Another person than the one who asked, while the case is open and the thing is the one asked about."""
    _check_open(case)
    if actor.id == case.requester_id:
        raise AccessDenied(_("You asked for this yourself, so somebody else decides it."))
    if actor.user is None:
        raise AccessDenied(_("Only a person decides; programs may ask."))
    if not access.can(actor, Permission.APPROVAL_DECIDE, case):
        raise AccessDenied(_who_decides(actor, case), details={"permission": Permission.APPROVAL_DECIDE.value})
    if reason := selectors.void_reason(actor=actor, case=case):
        raise Conflict(reason)


def check_can_withdraw(actor: Actor, case: ApprovalCase) -> None:
    _check_open(case)
    if actor.id != case.requester_id:
        raise AccessDenied(_("Only whoever asked may withdraw this case."))
    access.require(actor, Permission.APPROVAL_OPEN, case)


def check_can_comment(actor: Actor, case: ApprovalCase) -> None:
    access.require(actor, Permission.APPROVAL_VIEW, case)
    if actor.user is None:
        raise AccessDenied(_("Only a person comments."))
    if not (access.can(actor, Permission.APPROVAL_OPEN, case) or access.can(actor, Permission.APPROVAL_DECIDE, case)):
        raise AccessDenied(_("Those who may ask or decide may comment; you may read."))


def _check_open(case: ApprovalCase) -> None:
    if case.state != CaseState.OPEN:
        state = CaseState(case.state).label
        raise Conflict(_("This case is closed: %(state)s. Ask anew if it should be decided again.") % {"state": state})


def _who_decides(actor: Actor, case: ApprovalCase) -> str:
    names = selectors.people_who_decide(actor=actor, case=case)
    if not names:
        return _("You may not decide this, and nobody else here may yet: an administrator makes somebody officer.")
    return _("You may not decide this; %(names)s may.") % {"names": ", ".join(names[:3])}
