from __future__ import annotations

import hashlib
from datetime import timedelta
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from foundation.access import Permission

# Within this time somebody should have decided; a case that is older is marked overdue, never closed by itself.
DECIDE_WITHIN = timedelta(days=3)
# Somebody asks for a permission that they lack.
ACCESS_CASE = "access.grant"
# Who decides a kind of case, where it is not whoever holds “approval.decide”.
DECIDED_BY = {ACCESS_CASE: Permission.MEMBER_MANAGE}
LONGEST_REASON = 500
# One person asks for access so often at most: each request is an entry of the ledger, and anybody may ask.
MOST_ASKED, MOST_ASKED_WITHIN = 30, timedelta(days=1)


def decided_by(kind: str) -> Permission:
    return DECIDED_BY.get(kind, Permission.APPROVAL_DECIDE)


def access_subject(
    user_id: UUID | None, permission: Permission, project_id: UUID | None
) -> tuple[tuple[str, UUID], str]:
    """What a case asks for, as subject and digest: the same person, permission and place are always the same."""
    digest = hashlib.sha256(f"{user_id} {permission.value} {project_id}".encode()).hexdigest()
    return ("permission", UUID(digest[:32])), digest


class CaseState(TextChoices):
    OPEN = "open", _("Waiting for a decision")
    GRANTED = "granted", _("Approved")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    VOID = "void", _("Void")


NEXT: dict[CaseState, frozenset[CaseState]] = {
    CaseState.OPEN: frozenset({CaseState.GRANTED, CaseState.REFUSED, CaseState.WITHDRAWN, CaseState.VOID}),
    CaseState.GRANTED: frozenset(),
    CaseState.REFUSED: frozenset(),
    CaseState.WITHDRAWN: frozenset(),
    CaseState.VOID: frozenset(),
}


class Verdict(TextChoices):
    GRANTED = "granted", _("Approve")
    REFUSED = "refused", _("Refuse")
