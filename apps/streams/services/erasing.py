"""A person's rows in tables that streams write to: they are taken out, and what the tables were before is destroyed.

Events in quarantine are kept as they came, so in them the value is looked for as text anywhere in the event.
"""

from __future__ import annotations

from apps.datasets import services as datasets
from apps.datasets.choices import ErasedKind
from apps.datasets.services import Reached, Search
from apps.streams.models import Stream
from foundation import lake
from foundation.jobs import JobHandle
from foundation.lake import TableAt, shredding


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
            if not (rows := _erase(search, stream)) and not _has_column(search, stream):
                continue
            # Versions that were cut out of it are read at a snapshot in which the person is, or may be.
            datasets.part_from(job, [stream.table])
            named = [name for name in (stream.table, stream.quarantine) if tables.exists(name)]
            shredding.shred_past(actor=job.actor, tables=named)
            wiped.append(_of(stream, rows))
        return wiped


def _streams(search: Search) -> list[Stream]:
    rows = Stream.objects.filter(tenant_id=search.actor.tenant_id, project_id=search.project_id)
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
        rows += _events(search, tables.current(stream.quarantine))
    return rows


def _events(search: Search, at: TableAt) -> int:
    sql = f"SELECT count(*) AS n FROM a WHERE {_RAW}"  # noqa: S608 - a constant
    found = lake.for_tenant(search.actor.tenant_id).query(sql, {"a": at}, [search.value]).read_all()
    return int(found.to_pylist()[0]["n"])


def _erase(search: Search, stream: Stream) -> int:
    tables, rows = lake.for_tenant(stream.tenant_id), 0
    if _has_column(search, stream):
        condition, params = search.condition(datasets.as_text(search.column))
        rows += tables.erase_rows(stream.table, condition, params)
    if tables.exists(stream.quarantine):
        rows += tables.erase_rows(stream.quarantine, _RAW, [search.value])
    return rows


def _of(stream: Stream, rows: int) -> Reached:
    return Reached(kind=ErasedKind.STREAM, id=stream.pk, name=str(stream), rows=rows)


# Bytes that are no text hold none that could be found so.
_RAW = "position(hex(encode(?)) IN hex(body)) % 2 = 1"
