from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class TransformationState(TextChoices):
    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")


class TransformationMode(TextChoices):
    FULL = "full", _("All rows every time")
    INCREMENTAL = "incremental", _("New rows alone")


class TransformationTrigger(TextChoices):
    INPUT = "input", _("When an input has a new version")
    CRON = "cron", _("By the clock")
    HAND = "hand", _("By hand")


class PassState(TextChoices):
    """One making of a transformation's output."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    REVIEW = "review", _("In review")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    SKIPPED = "skipped", _("Left out")


TRANSFORMATION_NEXT: dict[TransformationState, frozenset[TransformationState]] = {
    TransformationState.ACTIVE: frozenset({TransformationState.PAUSED}),
    TransformationState.PAUSED: frozenset({TransformationState.ACTIVE}),
}
PASS_NEXT: dict[PassState, frozenset[PassState]] = {
    PassState.WAITING: frozenset({PassState.RUNNING, PassState.SKIPPED, PassState.FAILED}),
    PassState.RUNNING: frozenset({PassState.REVIEW, PassState.SUCCEEDED, PassState.FAILED, PassState.CANCELLED}),
    PassState.REVIEW: frozenset({PassState.SUCCEEDED, PassState.CANCELLED}),
    PassState.SUCCEEDED: frozenset(),
    PassState.FAILED: frozenset(),
    PassState.CANCELLED: frozenset(),
    PassState.SKIPPED: frozenset(),
}
# What has not come to its end yet; what waits in review keeps nobody else waiting.
PASS_OPEN = (PassState.WAITING, PassState.RUNNING)
