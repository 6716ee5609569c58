from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class RevisionState(TextChoices):
    STARTING = "starting", _("Starting")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    STOPPED = "stopped", _("Stopped")


# A ready revision whose replica died starts again with the next attempt.
NEXT: dict[RevisionState, frozenset[RevisionState]] = {
    RevisionState.STARTING: frozenset({RevisionState.READY, RevisionState.FAILED, RevisionState.STOPPED}),
    RevisionState.READY: frozenset({RevisionState.STARTING, RevisionState.STOPPED}),
    RevisionState.FAILED: frozenset({RevisionState.STARTING, RevisionState.STOPPED}),
    RevisionState.STOPPED: frozenset({RevisionState.STARTING}),
}
