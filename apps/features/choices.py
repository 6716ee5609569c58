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


class ColumnRole(TextChoices):
    FEATURE = "feature", _("Feature")
    LABEL = "label", _("Label")
    EVENT_TIME = "event_time", _("Event time")
    GROUP = "group", _("Group")
    KEY = "key", _("Key")
    PROOF = "proof", _("Proof")


class FeatureKind(TextChoices):
    """What a feature holds, whatever the database calls its type."""

    NUMBER = "number", _("Number")
    TEXT = "text", _("Text")
    BOOLEAN = "boolean", _("Yes or no")
    TIME = "time", _("Time")
    OTHER = "other", _("Other")


class FeatureUse(TextChoices):
    """By what a feature is used, at least."""

    NOTHING = "nothing", _("Nothing")
    TRAINING_SET = "training_set", _("A training set")
    RUN = "run", _("A run")
    MODEL = "model", _("A model")
    DEPLOYMENT = "deployment", _("A deployment")


class Within(TextChoices):
    """How young the newest value of a feature is."""

    HOUR = "hour", _("An hour")
    DAY = "day", _("A day")
    WEEK = "week", _("A week")
    MONTH = "month", _("30 days")
