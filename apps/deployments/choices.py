from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class RevisionState(TextChoices):
    STARTING = "starting", _("Starting")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    STOPPED = "stopped", _("Stopped")


class Health(TextChoices):
    """Whether a deployment answers; unknown where its replicas are ready and the gateway says nothing."""

    HEALTHY = "healthy", _("Answers")
    UNKNOWN = "unknown", _("Ready; the gateway is silent")
    STARTING = "starting", _("Starting")
    DEGRADED = "degraded", _("Answers in part")
    STOPPED = "stopped", _("Stopped")
    UNHEALTHY = "unhealthy", _("Does not answer")


UNWELL = frozenset({Health.DEGRADED, Health.UNHEALTHY})
# How it looks, where that is not how its word looks everywhere.
HEALTH_TONES = {Health.UNKNOWN: "wait", Health.DEGRADED: "wait"}

# A ready revision whose replica died starts again with the next attempt.
NEXT: dict[RevisionState, frozenset[RevisionState]] = {
    RevisionState.STARTING: frozenset({RevisionState.READY, RevisionState.FAILED, RevisionState.STOPPED}),
    RevisionState.READY: frozenset({RevisionState.STARTING, RevisionState.STOPPED}),
    RevisionState.FAILED: frozenset({RevisionState.STARTING, RevisionState.STOPPED}),
    RevisionState.STOPPED: frozenset({RevisionState.STARTING}),
}
