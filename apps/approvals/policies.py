from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _

from apps.approvals import selectors
from apps.approvals.choices import ACCESS_CASE, MOST_ASKED, CaseState, access_subject, decided_by
from foundation import access
from foundation.access import Permission
from foundation.errors import AccessDenied, Conflict
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.approvals.models import ApprovalCase


def check_can_open(actor: Actor, project_id: UUID) -> None:
    access.require(actor, Permission.APPROVAL_OPEN, access.Inside(project_id))


def check_can_ask_for_access(actor: Actor, permission: Permission, project_id: UUID | None) -> None:
    """Any member for themselves, in person: what a program may do is said by its token."""
    if not _in_person(actor):
        raise AccessDenied(_("Only a person who is signed in asks for access; a program asks for nothing by itself."))
    access.require_own(actor)
    if access.can(actor, permission, access.Inside(project_id)):
        raise Conflict(_("You hold this permission already. Reload the page where you missed it."))


def check_asks_with_measure(actor: Actor, moment: datetime) -> None:
    """Taken back and asked anew, the same request would fill ledger and list for ever."""
    if selectors.asked_lately(actor=actor, now=moment) >= MOST_ASKED:
        raise Conflict(
            _("You asked for access %(most)d times within a day; more is heard tomorrow. Speak to an administrator.")
            % {"most": MOST_ASKED}
        )


def check_can_give_access(case: ApprovalCase, digest: str) -> None:
    """`digest` is what the ledger says was granted: the case may not have come to name something else since."""
    if case.kind != ACCESS_CASE or case.state != CaseState.GRANTED:
        raise Conflict(_("Only a granted case about access gives a permission."))
    named = access_subject(case.requester_id, Permission(case.evidence["permission"]), case.project_id)
    if named != ((case.subject_kind, case.subject_id), digest):
        raise Conflict(_("The approval was for another permission than the case names."))


def check_can_decide(actor: Actor, case: ApprovalCase) -> None:
    """Another person than the one who asked, while the case is open and the thing is the one asked about."""
    _check_open(case)
    if actor.id == case.requester_id:
        raise AccessDenied(_("You asked for this yourself, so somebody else decides it."))
    if actor.user is None:
        raise AccessDenied(_("Only a person decides; programs may ask."))
    permission = decided_by(case.kind)
    if not access.can(actor, permission, case):
        access.require(actor, permission, case, else_say=_who_decides(actor, case))
    if reason := selectors.void_reason(actor=actor, case=case):
        raise Conflict(reason)


def check_can_withdraw(actor: Actor, case: ApprovalCase) -> None:
    _check_open(case)
    if actor.id != case.requester_id:
        raise AccessDenied(_("Only whoever asked may withdraw this case."))
    if case.kind != ACCESS_CASE:
        access.require(actor, Permission.APPROVAL_OPEN, case)
    elif not _in_person(actor):
        raise AccessDenied(_("Only a person who is signed in asks for access; a program asks for nothing by itself."))


def check_can_comment(actor: Actor, case: ApprovalCase) -> None:
    if case.kind != ACCESS_CASE:
        access.require_not_archived(actor, case.project_id)
    if not selectors.is_own_request(actor=actor, case=case):
        access.require(actor, Permission.APPROVAL_VIEW, case)
    if actor.user is None:
        raise AccessDenied(_("Only a person comments."))
    if actor.id == case.requester_id and _in_person(actor):
        return
    if not (access.can(actor, Permission.APPROVAL_OPEN, case) or access.can(actor, decided_by(case.kind), case)):
        raise AccessDenied(_("Those who may ask or decide may comment; you may read."))


def _in_person(actor: Actor) -> bool:
    return actor.user is not None and actor.token_id is None


def _check_open(case: ApprovalCase) -> None:
    if case.state != CaseState.OPEN:
        state = CaseState(case.state).label
        raise Conflict(_("This case is closed: %(state)s. Ask anew if it should be decided again.") % {"state": state})


def _who_decides(actor: Actor, case: ApprovalCase) -> str:
    names = selectors.people_who_decide(actor=actor, case=case)
    if not names and case.kind == ACCESS_CASE:
        return _("You may not decide this, and no administrator here may but whoever asked.")
    if not names:
        return _("You may not decide this, and nobody else here may yet: an administrator makes somebody officer.")
    return _("You may not decide this; %(names)s may.") % {"names": ", ".join(names[:3])}
