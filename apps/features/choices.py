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


class ViewKind(TextChoices):
    """How the rows of a feature view are made."""

    SQL = "sql", _("SQL")
    WINDOWS = "windows", _("Windows over events")


class WindowFunction(TextChoices):
    COUNT = "count", _("Count")
    SUM = "sum", _("Sum")
    MEAN = "mean", _("Mean")
    MIN = "min", _("Smallest")
    MAX = "max", _("Largest")
    LAST = "last", _("Last")
    DISTINCT = "distinct", _("Distinct values")
    QUANTILE = "quantile", _("Quantile")


class KnownSince(TextChoices):
    """From when on an event counts as known, where that may be later than its own time."""

    EVENT = "event", _("Its event time")
    COLUMN = "column", _("A column of it")
    ARRIVAL = "arrival", _("Its arrival here")


class EventSource(TextChoices):
    VERSION = "version", _("A dataset version")
    STREAM = "stream", _("A stream, as it goes on")
