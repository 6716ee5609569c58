from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

# A hundred years: what is longer is no promise.
MOST_FRESHNESS_S = 3_153_600_000


class BuildState(TextChoices):
    BUILDING = "building", _("Building")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    BINNED = "binned", _("In the bin")
    DESTROYING = "destroying", _("Being destroyed")
    DESTROYED = "destroyed", _("Destroyed")


# Nobody reads rows of it, and of most of these nobody will; what lies in the bin may come back.
GONE = frozenset(
    {BuildState.FAILED, BuildState.CANCELLED, BuildState.BINNED, BuildState.DESTROYING, BuildState.DESTROYED}
)
# What a bin holds keeps what it names, as it may come back.
DEAD = GONE - {BuildState.BINNED}

NEXT: dict[BuildState, frozenset[BuildState]] = {
    BuildState.BUILDING: frozenset({BuildState.READY, BuildState.FAILED, BuildState.CANCELLED}),
    # An erasure destroys what is ready; whatever a person removes lies in the bin first, and comes back as it was.
    BuildState.READY: frozenset({BuildState.BINNED, BuildState.DESTROYING}),
    BuildState.FAILED: frozenset({BuildState.BINNED}),
    BuildState.CANCELLED: frozenset({BuildState.BINNED}),
    BuildState.BINNED: frozenset({BuildState.READY, BuildState.FAILED, BuildState.CANCELLED, BuildState.DESTROYING}),
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


class SkewKind(TextChoices):
    """Why an answer that was served is not what a join has of that moment."""

    NOT_SERVED = "not_served", _("Nothing was served where a join has a value")
    NOT_KNOWN = "not_known", _("A value was served where a join has none")
    OLDER = "older", _("The value of an earlier event was served")
    OTHER = "other", _("Another value was served")


class MaterialisationKind(TextChoices):
    FULL = "full", _("All keys")
    INCREMENTAL = "incremental", _("Keys with new rows")


class MaterialisationCause(TextChoices):
    ROWS = "rows", _("New rows")
    ASKED = "asked", _("Asked for")
    FORGOTTEN = "forgotten", _("The online store forgot them")


class MaterialisationState(TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    OVERTAKEN = "overtaken", _("Overtaken by a newer one")


OPEN_MATERIALISATIONS = [MaterialisationState.WAITING.value, MaterialisationState.RUNNING.value]
_ENDS = frozenset(
    {
        MaterialisationState.DONE,
        MaterialisationState.FAILED,
        MaterialisationState.CANCELLED,
        MaterialisationState.OVERTAKEN,
    }
)
MATERIALISATION_NEXT: dict[MaterialisationState, frozenset[MaterialisationState]] = {
    MaterialisationState.WAITING: frozenset({MaterialisationState.RUNNING, *_ENDS}),
    MaterialisationState.RUNNING: _ENDS,
    **dict.fromkeys(_ENDS, frozenset()),
}


class Suspicion(TextChoices):
    """What is odd of a feature."""

    FORETELLS = "foretells", _("Foretells the label almost perfectly")
    MISSING = "missing", _("Nearly always missing")
    CONSTANT = "constant", _("Always the same")
    IDENTIFIER = "identifier", _("Looks like an identifier")


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


class FeatureKind(TextChoices):
    """What a feature holds, whatever the database calls its type."""

    NUMBER = "number", _("Number")
    TEXT = "text", _("Text")
    BOOLEAN = "boolean", _("Yes or no")
    TIME = "time", _("Time")
    OTHER = "other", _("Other")


class Against(TextChoices):
    """What a period of a feature's values is held against."""

    FIRST = "first", _("The first full period")
    BEFORE = "before", _("The period before")


class Movement(TextChoices):
    """How far a feature's values are from those that they are held against; the measure is the one of monitors."""

    STEADY = "steady", _("Steady")
    MOVED = "moved", _("Moved")
    FAR = "drifted", _("Far from it")
    UNKNOWN = "unknown", _("Too few rows to say")


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


# A value of a request by what it is declared as (`runtime.expressions.DECLARED`).
REQUEST_KINDS = {
    "number": _("a number"),
    "whole number": _("a whole number"),
    "text": _("a text"),
    "truth": _("true or false"),
    "date": _("a date such as 2026-11-30"),
    "moment": _("a moment"),
}
