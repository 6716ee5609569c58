"""Who may make, push to and look after streams; and what a stream may be told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from apps.streams.choices import (
    MOST_COLUMNS,
    MOST_SCHEMA_BYTES,
    MOST_STREAMS,
    STREAM_NEXT,
    ColumnType,
    EventFormat,
    StreamState,
)
from foundation import access
from foundation.access import Permission
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor
from foundation.tenancy import zones

_SECONDS, _ROWS = (0.2, 600.0), (1, 100_000)
_LONGEST_LATENESS = timedelta(days=366)
# What names people is text, a number that somebody was given, or a day; of others it would depend on how it is written.
_NAMING = (ColumnType.TEXT, ColumnType.WHOLE, ColumnType.DAY)


def check_can_manage(actor: Actor, thing: object) -> None:
    """`thing` is a project, or anything that lies in one."""
    access.require(actor, Permission.STREAM_MANAGE, thing)
    zones.require_zone(actor.tenant)


def check_can_push(actor: Actor, stream: Any) -> None:
    access.require(actor, Permission.STREAM_PUSH, stream)
    if stream.binned_at is not None:
        sentence = _("The stream “%(name)s” is in the bin and takes no events. Restore it first.")
        raise Conflict(sentence % {"name": stream.name})
    if not stream.is_pushed:
        raise Conflict(_("This stream reads from a broker; send its events there."))


def check_is_broker(connection: Any, topic: str) -> None:
    if not connection.holds_events:
        sentence = _("“%(name)s” leads to no broker: choose a connection to Valkey or Kafka.") % {"name": connection}
        raise _refused("connection", sentence)
    if not topic.strip() or len(topic) > 249 or any(ord(sign) < 32 for sign in topic):
        raise _refused("topic", _("Name the topic, or the stream's key, in at most 249 signs."))


def check_can_discard(actor: Actor, stream: Any) -> None:
    access.require(actor, Permission.STREAM_MANAGE, stream)


def check_can_pause(actor: Actor, stream: Any) -> None:
    check_can_manage(actor, stream)
    _check_step(stream, StreamState.PAUSED)


def check_can_resume(actor: Actor, stream: Any) -> None:
    check_can_manage(actor, stream)
    _check_step(stream, StreamState.RUNNING)


def check_can_cut(actor: Actor, stream: Any) -> None:
    """Asked for the button; the service looks at the table itself, which may be ahead of what is counted here."""
    check_can_manage(actor, stream)
    if not stream.rows and not stream.replayed:
        raise Conflict(_("No event has come yet: there is nothing to make a version of."))


def check_nobody_reads(stream: Any, now: datetime) -> None:
    """Asked where what a batch on its way would write is another thing than what is written from now on."""
    if stream.state == StreamState.RUNNING:
        raise Conflict(_("Pause the stream first: events may be on their way."))
    if stream.lease_until is not None and stream.lease_until > now:
        raise Conflict(_("The stream's last batch is being committed; try again in some seconds."))


def check_can_delete(actor: Actor, stream: Any) -> None:
    check_can_manage(actor, stream)
    if stream.state == StreamState.RUNNING:
        raise Conflict(_("Pause the stream first: events may be on their way."))


def _check_step(stream: Any, to: StreamState) -> None:
    if to not in STREAM_NEXT[StreamState(stream.state)]:
        raise Conflict(_("The stream is %(state)s already.") % {"state": StreamState(stream.state).label})


def check_room(count: int) -> None:
    if count >= MOST_STREAMS:
        raise Conflict(_("There are %(most)d streams already. Delete one that nobody needs.") % {"most": MOST_STREAMS})


def checked_columns(columns: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """[{"name", "type", "required", "tokenise"}], as a stream keeps them; `tokenise` None: nobody said it."""
    found: list[dict[str, Any]] = []
    names: set[str] = set()
    for column in columns:
        name, kind = str(column.get("name", "")).strip(), str(column.get("type", ""))
        if not name or len(name) > 255 or any(ord(sign) < 32 for sign in name):
            raise _refused("columns", _("A column needs a name of at most 255 signs that can be seen."))
        if name.casefold() in names:
            raise _refused("columns", _("There are two columns “%(name)s”.") % {"name": name})
        if kind not in ColumnType.values:
            sentence = _("The type of “%(name)s” is none of: %(known)s.")
            raise _refused("columns", sentence % {"name": name, "known": ", ".join(ColumnType.values)})
        names.add(name.casefold())
        said = {"name": name, "type": kind, "required": bool(column.get("required", False))}
        # Left open where nobody said it: then it is as it was.
        found.append({**said, "tokenise": column.get("tokenise")})
    if not 1 <= len(found) <= MOST_COLUMNS:
        raise _refused("columns", _("Name from 1 to %(most)d columns.") % {"most": MOST_COLUMNS})
    return found


def check_tokens(column: Mapping[str, Any], *, event_time: str) -> None:
    """Whether tokens can stand in the place of a column's values."""
    if not column["tokenise"]:
        return
    if column["type"] not in _NAMING:
        sentence = _("“%(name)s” cannot have tokens: they stand for text, whole numbers and days.")
        raise _refused("columns", sentence % {"name": column["name"]})
    if column["name"] == event_time:
        sentence = _("“%(name)s” cannot have tokens: by it late events are told.")
        raise _refused("columns", sentence % {"name": column["name"]})


def check_tokens_stay(columns: Sequence[Mapping[str, Any]], tokens: Collection[str], clear: Collection[str]) -> None:
    """A column is all tokens or all clear: values in clear beside tokens would tell whose tokens these are."""
    for column in columns:
        name = column["name"]
        if not column["tokenise"] and name in tokens:
            sentence = _(
                "“%(name)s” stands in the dataset as tokens, and clear values beside them would tell whose they are. "
                "Have it tokenised, make another column, or feed another dataset."
            )
            raise _refused("columns", sentence % {"name": name})
        if column["tokenise"] and name in clear:
            sentence = _(
                "“%(name)s” is in clear in rows that are there already; tokens beside them would hide nobody. Make "
                "another column, or feed another dataset."
            )
            raise _refused("columns", sentence % {"name": name})


def check_settings(said: Mapping[str, Any]) -> None:
    """The rest of what a stream is told; columns were looked at before."""
    kinds = {column["name"]: column["type"] for column in said["columns"]}
    if said["event_time"] and kinds.get(said["event_time"]) not in {ColumnType.TIME, ColumnType.DAY}:
        raise _refused("event_time", _("The event's time is one of the columns, and holds a moment or a day."))
    if not timedelta() <= said["lateness"] <= _LONGEST_LATENESS:
        raise _refused("lateness", _("From 0 seconds to 366 days."))
    if not _SECONDS[0] <= said["batch_seconds"] <= _SECONDS[1]:
        raise _refused("batch_seconds", _("From 0.2 to 600 seconds."))
    if not _ROWS[0] <= said["batch_rows"] <= _ROWS[1]:
        raise _refused("batch_rows", _("From 1 to 100,000 events."))
    if said["cut_rows"] < 1:
        raise _refused("cut_rows", _("At least one row."))
    if len(said["event_schema"]) > MOST_SCHEMA_BYTES:
        raise _refused("event_schema", _("A schema has at most %(most)d kB.") % {"most": MOST_SCHEMA_BYTES // 1000})
    if said["format"] != EventFormat.JSON and not said["event_schema"]:
        raise _refused("event_schema", _("Events in this format are read by a schema; give it."))


def check_columns_follow(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> None:
    """Rows that are there keep their types: columns may come, go, and be required or not."""
    kinds = {column["name"]: column["type"] for column in before}
    for column in after:
        if kinds.get(column["name"], column["type"]) != column["type"]:
            sentence = _("“%(name)s” keeps its type: rows are there already. Make another column, or another stream.")
            raise _refused("columns", sentence % {"name": column["name"]})


def named(name: str) -> str:
    said = " ".join(name.split())
    if not said or len(said) > 120:
        raise _refused("name", _("A stream needs a name of at most 120 signs, like “Clicks”."))
    return said


def _refused(field: str, sentence: str) -> Invalid:
    return Invalid(sentence, fields={field: [sentence]})
