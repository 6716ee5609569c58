from __future__ import annotations

from datetime import timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

# Within this time somebody should have decided; a case that is older is marked overdue, never closed by itself.
DECIDE_WITHIN = timedelta(days=3)


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
