"""The words of streams: what is read, how it is understood, and what becomes of what cannot be."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class StreamState(TextChoices):
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    FAILED = "failed", _("Failed")


STREAM_NEXT: dict[StreamState, frozenset[StreamState]] = {
    StreamState.RUNNING: frozenset({StreamState.PAUSED, StreamState.FAILED}),
    StreamState.PAUSED: frozenset({StreamState.RUNNING}),
    StreamState.FAILED: frozenset({StreamState.RUNNING, StreamState.PAUSED}),
}


class EventFormat(TextChoices):
    JSON = "json", "JSON"
    AVRO = "avro", "Avro"
    PROTOBUF = "protobuf", "Protobuf"


class ColumnType(TextChoices):
    """What a column of a stream holds."""

    TEXT = "text", _("text")
    WHOLE = "whole", _("whole number")
    NUMBER = "number", _("number")
    FLAG = "flag", _("yes or no")
    TIME = "time", _("moment")
    DAY = "day", _("day")
    NESTED = "nested", _("nested, kept as JSON")


class Begin(TextChoices):
    """Where a stream begins that was never read."""

    EARLIEST = "earliest", _("With the oldest event that is there")
    LATEST = "latest", _("With what comes from now on")


class Late(TextChoices):
    """What becomes of an event that comes later than is allowed."""

    KEEP = "keep", _("Keep it, and count it as late")
    QUARANTINE = "quarantine", _("Put it into quarantine")


class Cut(TextChoices):
    """When a version is made of what came so far."""

    HAND = "hand", _("When somebody asks for it")
    HOUR = "hour", _("Every hour")
    DAY = "day", _("Every day")
    ROWS = "rows", _("After so many rows")


class Rule(TextChoices):
    """Why an event went into quarantine; never what it holds."""

    TOO_LARGE = "too_large", _("is larger than an event may be")
    UNDECODABLE = "undecodable", _("cannot be decoded in the stream's format")
    NOT_OBJECT = "not_object", _("is no object with named fields")
    NO_PAYLOAD = "no_payload", _("holds no event: it is empty, or none of its several fields is called “event”")
    MISSING = "missing", _("lacks a value that must be there")
    WRONG_TYPE = "wrong_type", _("has a value of another type")
    LATE = "late", _("came later than is allowed")


# The largest event that a row is made of, and the largest that is kept at all.
MOST_EVENT_BYTES, MOST_KEPT_BYTES = 1 << 20, 20 << 20
MOST_STREAMS = 100
MOST_COLUMNS = 500
MOST_SCHEMA_BYTES = 1 << 20
# What one request may push: events, and bytes once they are unpacked.
MOST_PUSHED, MOST_PUSHED_BYTES = 10_000, 12 << 20
# What may wait in the portal's own broker for one stream.
MOST_WAITING_BYTES = 512 << 20
