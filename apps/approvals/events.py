from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class _OfCase(ledger.Event):
    """What every event of a case names: the thing that is asked about, and the digest it had."""

    case_id: UUID
    case_kind: str
    subject_kind: str
    subject_id: UUID
    subject_digest: str


@dataclass(frozen=True, kw_only=True)
class CaseOpened(_OfCase):
    kind = "approval.opened"
    said = _("asked for a decision")
    icon = "message"
    evidence_digest: str


@dataclass(frozen=True, kw_only=True)
class CaseGranted(_OfCase):
    kind = "approval.granted"
    said = _("approved")
    icon = "circle-check"
    decision_id: UUID


@dataclass(frozen=True, kw_only=True)
class CaseRefused(_OfCase):
    kind = "approval.refused"
    said = _("refused")
    icon = "circle-x"
    decision_id: UUID


@dataclass(frozen=True, kw_only=True)
class CaseWithdrawn(_OfCase):
    kind = "approval.withdrawn"
    said = _("withdrew the case")
    icon = "arrow-back-up"


@dataclass(frozen=True, kw_only=True)
class CaseVoided(_OfCase):
    """What was asked about is not so any more; nobody decided."""

    kind = "approval.voided"
    said = _("closed the case undecided: what it was about has changed")
    icon = "link-off"


@dataclass(frozen=True, kw_only=True)
class CaseCommented(ledger.Event):
    kind = "approval.commented"
    said = _("commented")
    icon = "message"
    case_id: UUID
    comment_id: UUID
