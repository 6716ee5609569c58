from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class BuildState(TextChoices):
    BUILDING = "building", _("Building")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    DESTROYING = "destroying", _("Being destroyed")
    DESTROYED = "destroyed", _("Destroyed")


NEXT: dict[BuildState, frozenset[BuildState]] = {
    BuildState.BUILDING: frozenset({BuildState.READY, BuildState.FAILED, BuildState.CANCELLED}),
    BuildState.READY: frozenset({BuildState.DESTROYING}),
    BuildState.FAILED: frozenset(),
    BuildState.CANCELLED: frozenset(),
    BuildState.DESTROYING: frozenset({BuildState.DESTROYED}),
    BuildState.DESTROYED: frozenset(),
}


class KeyType(TextChoices):
    """What a join key holds; text and numbers name different things, also where they look alike."""

    TEXT = "text", _("text")
    WHOLE = "whole number", _("whole number")
    TRUTH = "truth", _("truth")
    DATE = "date", _("date")
    MOMENT = "moment", _("moment")


class ColumnRole(TextChoices):
    FEATURE = "feature", _("Feature")
    LABEL = "label", _("Label")
    EVENT_TIME = "event_time", _("Event time")
    GROUP = "group", _("Group")
    KEY = "key", _("Key")
    PROOF = "proof", _("Proof")
