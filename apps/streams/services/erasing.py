"""A person's rows in tables that streams write to: they are taken out, and what the tables were before is destroyed.

Events in quarantine are kept as they came, so in them the value is looked for as text anywhere in the event; those that
are sealed are opened here for it, one after the other. What waits in a broker meanwhile, the consumer leaves out: it
asks who was erased before each batch, and a batch that was begun before that is refused by the mark.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

from django.utils.translation import gettext as _

from apps.datasets import services as datasets
from apps.datasets.choices import ErasedKind
from apps.datasets.services import Reached, Search
from apps.streams.models import Stream
from apps.streams.services.columns import nothing
from apps.streams.services.marking import Progress, progress_of, replayer
from apps.streams.services.setting_aside import made_whole, opened
from apps.streams.services.shaping import fields_in
from foundation import lake
from foundation.jobs import JobHandle
from foundation.lake import Lake, LakeUnavailable, MarkMoved, TableAt, shredding

_TRIES = 50


class StreamReach(datasets.Reach):
    # After the versions, which are looked at in the same tables.
    rank = 16
    kinds = frozenset({ErasedKind.STREAM})

    def look(self, search: Search) -> list[Reached]:
        return [_of(stream, rows) for stream in _streams(search) if (rows := _count(search, stream))]

    def wipe(self, job: JobHandle, search: Search) -> list[Reached]:
        with job.scope():
            streams = _streams(search)
        tables, wiped = lake.for_tenant(job.tenant_id), []
        for stream in streams:
            if _count(search, stream):
                with job.scope():
                    # A hold may have been placed since the erasure was asked for.
                    datasets.check_datasets_not_held([stream.dataset_id])
            _fence(search, stream)
            rows = _erase(search, stream)
            # Also where an attempt before this one had erased them and was cut off.
            if not rows and not _has_column(search, stream) and not tables.exists(stream.quarantine):
                continue
            # Versions that were cut out of it are read at a snapshot in which the person is, or may be.
            datasets.part_from(job, [stream.table])
            named = [name for name in (stream.table, stream.quarantine) if tables.exists(name)]
            shredding.shred_past(actor=job.actor, tables=named)
            wiped.append(_of(stream, rows))
        return wiped


def _streams(search: Search) -> list[Stream]:
    rows = Stream.everything.filter(tenant_id=search.actor.tenant_id, project_id=search.project_id)
    rows = rows.filter(dataset_id=search.dataset_id) if search.dataset_id else rows
    return list(rows.order_by("created_at"))


def _has_column(search: Search, stream: Stream) -> bool:
    tables = lake.for_tenant(stream.tenant_id)
    if not tables.exists(stream.table):
        return False
    return search.column in {column.name for column in tables.schema(tables.current(stream.table))}


def _count(search: Search, stream: Stream) -> int:
    tables, rows = lake.for_tenant(stream.tenant_id), 0
    if _has_column(search, stream):
        rows += search.count(tables.current(stream.table))
    if not search.otherwise and tables.exists(stream.quarantine):
        made_whole(tables, stream.quarantine)
        at = tables.current(stream.quarantine)
        rows += _events(search, at) + len(_sealed(search, stream, at))
    return rows


def _events(search: Search, at: TableAt) -> int:
    sql = f"SELECT count(*) AS n FROM a WHERE {_RAW}"  # noqa: S608 - a constant
    found = lake.for_tenant(search.actor.tenant_id).query(sql, {"a": at}, [as_written(search.value)]).read_all()
    return int(found.to_pylist()[0]["n"])


def _sealed(search: Search, stream: Stream, at: TableAt) -> list[str]:
    """The places of sealed events that hold the value, or in their fields its token."""
    written = re.compile(as_written(search.value))
    names = {search.value, search.token} - {""}
    sql = "SELECT place, key, body, fields FROM a WHERE key IS NOT NULL"
    found: list[str] = []
    for batch in lake.for_tenant(stream.tenant_id).query(sql, {"a": at}):
        # A few at a time: each may have 20 MB, and twice as many digits.
        for row in (row for first in range(batch.num_rows) for row in batch.slice(first, 1).to_pylist()):
            [body] = opened(stream.tenant_id, stream.pk, [row])
            fields = fields_in(row["fields"], stream.columns) if row["fields"] else {}
            if str(fields.get(search.column)) in names or (body and written.match(body.hex().upper())):
                found.append(row["place"])
    return found


def _fence(search: Search, stream: Stream) -> None:
    """Whoever has read events and not committed them yet asked before this erasure began: they are to ask anew."""
    tables = lake.for_tenant(stream.tenant_id)
    if not stream.attempt or not (tables.exists(stream.table) or search.column in stream.column_names):
        return
    _move(tables, stream, stream.writer, lambda: progress_of(tables, stream.table, stream.writer))
    _move(tables, stream, replayer(stream), lambda: (Progress(), tables.mark_of(stream.table, replayer(stream))))


def _move(tables: Lake, stream: Stream, writer: str, look: Callable[[], tuple[Progress, str]]) -> None:
    for _try in range(_TRIES):
        progress, seen = look()
        mark = progress.as_mark(f"erasure {uuid4()}")
        try:
            tables.write(stream.table, nothing(stream.columns), mode="append", mark=mark, writer=writer, after=seen)
            return
        except MarkMoved:
            # What was committed in between is in the table, and is erased out of it.
            continue
    raise LakeUnavailable(
        _("So much is written to “%(stream)s” that it cannot be erased from now.") % {"stream": stream}
    )


def _erase(search: Search, stream: Stream) -> int:
    tables, rows = lake.for_tenant(stream.tenant_id), 0
    if _has_column(search, stream):
        condition, params = search.condition(datasets.as_text(search.column))
        rows += tables.erase_rows(stream.table, condition, params)
    if tables.exists(stream.quarantine):
        made_whole(tables, stream.quarantine)
        places = _sealed(search, stream, tables.current(stream.quarantine))
        found = f"({_RAW}) OR list_contains(?, place)"
        rows += tables.erase_rows(stream.quarantine, found, [as_written(search.value), places])
    return rows


def _of(stream: Stream, rows: int) -> Reached:
    return Reached(kind=ErasedKind.STREAM, id=stream.pk, name=str(stream), rows=rows, dataset_id=stream.dataset_id)


def as_written(value: str) -> str:
    """A pattern for the value in the hexadecimal digits of an event, plain or as JSON may escape any of its signs."""
    return "^(?:..)*?" + "".join(map(_sign, value))


def _sign(sign: str) -> str:
    units = sign.encode("utf-16-be")
    escaped = "".join(f"5C75{''.join(map(_digit, units[at : at + 2].hex()))}" for at in range(0, len(units), 2))
    short = f"|5C{ord(_SHORT[sign]):X}" if sign in _SHORT else ""
    return f"(?:{sign.encode().hex().upper()}|{escaped}{short})"


def _digit(digit: str) -> str:
    return f"{ord(digit):X}" if digit.isdigit() else f"(?:{ord(digit):X}|{ord(digit.upper()):X})"


_SHORT = {'"': '"', "\\": "\\", "/": "/", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}
# From byte to byte, whatever they are: what cannot be decoded is looked through as well.
_RAW = "key IS NULL AND regexp_matches(hex(body), ?)"
