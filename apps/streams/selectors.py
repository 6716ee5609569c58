"""Reads of streams, each limited to what the actor may see."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.datasets import services as dataset_services
from apps.streams.models import Stream, quarantine_of
from foundation import access, lake
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor

if TYPE_CHECKING:
    import pyarrow as pa


def visible_streams(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Stream]:
    rows = Stream.objects.select_related("dataset", "project", "connection", "created_by")
    return access.visible(rows, actor, Permission.STREAM_VIEW, project_id=project_id)


def streams_seen(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Stream]:
    """As `visible_streams`, for what names a stream beside other things: none for whoever may see none at all."""
    if not access.can_somewhere(actor, Permission.STREAM_VIEW):
        return Stream.objects.none()
    return visible_streams(actor=actor, project_id=project_id)


def get_stream(*, actor: Actor, stream_id: UUID) -> Stream:
    found = visible_streams(actor=actor).filter(pk=stream_id).first()
    if found is None:
        in_bin = access.visible(Stream.everything.exclude(binned_at=None), actor, Permission.STREAM_VIEW)
        if in_bin.filter(pk=stream_id).exists():
            raise NotFound(_("This stream is in the bin: it reads nothing. Restore it to go on where it stopped."))
    return _found(found)


def pushed_stream(*, actor: Actor, stream_id: UUID) -> Stream:
    """The stream for whoever may push to it: a device's token may do that, and see nothing. One in the bin refuses."""
    rows = Stream.everything.select_related("project")
    return _found(access.visible(rows, actor, Permission.STREAM_PUSH).filter(pk=stream_id).first())


def newest_rows(*, actor: Actor, stream: Stream, limit: int = 20) -> pa.Table | None:
    """Some of the rows that came last, as many as there are; None before the first."""
    access.require(actor, Permission.DATASET_VIEW, stream)
    tables = lake.for_tenant(actor.tenant_id)
    if not tables.exists(stream.table):
        return None
    at = tables.current(stream.table)
    there = {column.name for column in tables.schema(at)}
    order_by = stream.event_time if stream.event_time in there else None
    rows = tables.preview(at, limit=limit, order_by=order_by, descending=True)
    return dataset_services.unseen_rows(actor=actor, dataset=stream.dataset, rows=rows)


def aside_counts(*, actor: Actor, stream: Stream) -> list[dict[str, Any]]:
    """What lies in quarantine, by rule and column: how many, since when, and how recently."""
    access.require(actor, Permission.STREAM_VIEW, stream)
    tables = lake.for_tenant(actor.tenant_id)
    if not tables.exists(stream.quarantine):
        return []
    sql = (
        'SELECT rule, "column", count(*) AS events, min("at") AS first, max("at") AS last FROM a'
        " GROUP BY ALL ORDER BY events DESC, rule, 2 LIMIT 200"
    )
    return tables.query(sql, {"a": tables.current(stream.quarantine)}).read_all().to_pylist()


def aside_events(
    *, actor: Actor, stream: Stream, rule: str = "", column: str = "", place: str = "", limit: int = 50
) -> list[dict[str, Any]]:
    """Single events in quarantine, newest first: {place, at, rule, column, size, key, fields}; never what came itself.

    `fields` are those that would stand in the table, masked as the dataset's rows are; None where the event could not
    be decoded, or for whoever sees no rows. `key` is the number of the key of tokens under which what came is sealed.
    """
    access.require(actor, Permission.STREAM_VIEW, stream)
    tables = lake.for_tenant(actor.tenant_id)
    if not tables.exists(stream.quarantine):
        return []
    at = tables.current(stream.quarantine)
    # One that was begun by an earlier release.
    whole = {"key", "fields"} <= {one.name for one in tables.schema(at)}
    kept = "key, fields" if whole else "NULL AS key, NULL AS fields"
    named = {"rule": rule, '"column"': column, "place": place}
    where = " AND ".join(f"{name} = ?" for name, value in named.items() if value) or "true"
    sql = f'SELECT place, "at", rule, "column", size, {kept} FROM a WHERE {where} ORDER BY "at" DESC, place LIMIT ?'  # noqa: S608 - constants
    params = [*filter(None, named.values()), limit]
    found: list[dict[str, Any]] = tables.query(sql, {"a": at}, params).read_all().to_pylist()
    shown = _fields_shown(actor, stream, [row["fields"] for row in found])
    return [{**row, "fields": fields} for row, fields in zip(found, shown, strict=True)]


def _fields_shown(actor: Actor, stream: Stream, texts: Sequence[str | None]) -> list[dict[str, Any] | None]:
    import pyarrow as pa

    if not access.can(actor, Permission.DATASET_VIEW, stream):
        return [None] * len(texts)
    rows = [{name: _word(value) for name, value in json.loads(text).items()} for text in texts if text]
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in names]))
    shown = dataset_services.unseen_rows(actor=actor, dataset=stream.dataset, rows=table)
    masked = iter(shown.to_pylist())
    return [next(masked) if text else None for text in texts]


def _word(value: Any) -> str | None:
    """As people read it, whatever its type."""
    return value if value is None or isinstance(value, str) else json.dumps(value)


def streams_there(tenant_id: UUID) -> list[UUID]:
    """Also those in the bin: what they set aside comes back with them."""
    return list(Stream.everything.filter(tenant_id=tenant_id).values_list("pk", flat=True))


def quarantines_over(tenant_id: UUID, stream_ids: Collection[UUID]) -> list[UUID]:
    """Of these streams, those that are no more: nobody reads what they set aside."""
    return [pk for pk in stream_ids if pk not in set(streams_there(tenant_id))]


def writer_of(tenant_id: UUID, table: str) -> str:
    """The stream that writes to a table of the lake, or would again out of the bin, by name; empty where none does."""
    if not table.startswith("dt_"):
        return ""
    rows = Stream.everything.filter(tenant_id=tenant_id, dataset_id=UUID(table.removeprefix("dt_")))
    return rows.values_list("name", flat=True).first() or ""


def streams_through(connection_id: UUID) -> list[str]:
    """The streams that read through a connection, by name."""
    return list(Stream.objects.filter(connection_id=connection_id).values_list("name", flat=True))


def tables_of(tenant_id: UUID, project_id: UUID) -> list[str]:
    """The quarantines of a project's streams."""
    rows = Stream.everything.filter(tenant_id=tenant_id, project_id=project_id)
    return [quarantine_of(pk) for pk in rows.values_list("pk", flat=True)]


def _found(stream: Stream | None) -> Stream:
    if stream is None:
        raise NotFound(_("There is no such stream, or it is not yours to see."))
    return stream
