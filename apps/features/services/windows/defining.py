"""A windows view is defined: its events, its slide and its aggregations, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.features import policies
from apps.features.choices import EventSource, KnownSince, ViewKind
from apps.features.errors import DefinitionRefused
from apps.features.models import Entity, FeatureView
from apps.features.services.defining import announce, begun, check_may_begin, definition_digest
from apps.features.services.following import check_by_event, check_dated, source_of, version_of_stream
from apps.features.services.meaning import check_steady, fit_keys
from apps.features.services.trying import ask_of_sql
from apps.features.services.windows.declaring import KNOWN_SINCE, check_events_have, checked, features_of, plan_of
from apps.features.services.windows.events import ALIAS
from apps.features.services.windows.trying import notes_on_windows
from apps.streams import selectors as streams
from foundation import lake
from foundation.identity import Actor
from foundation.lake.ports import TableAt
from foundation.quoting import identifier

if TYPE_CHECKING:
    import pyarrow as pa

    from apps.projects.models import Project

_PREVIEW_ROWS = 50


@transaction.atomic
def define_windows(
    *,
    actor: Actor,
    project: Project,
    entity: Entity,
    name: str,
    event_time: str,
    slide_seconds: int,
    aggregations: Sequence[Mapping[str, Any]],
    version_id: UUID | None = None,
    stream_id: UUID | None = None,
    sql: str = "",
    known_since: str = "",
    created_column: str = "",
    ttl_seconds: int | None = None,
    description: str = "",
    owner: str = "",
    tags: Sequence[str] = (),
) -> FeatureView:
    """Windows over the events of a dataset version, or of a stream as it goes on.

    `sql` selects the events out of a table called `events`; without one they are taken as they are. An aggregation is
    {"name", "function", "column", "seconds", "quantile"}. Without `known_since` events are known since the created
    column where one is named, those of a stream since they arrive here, and others since their event time.
    """
    check_may_begin(actor, project, name, ttl_seconds)
    source, version, at = _source(actor, version_id, stream_id)
    is_stream = source["kind"] == EventSource.STREAM
    meant = completed(
        keys=entity.join_keys,
        is_stream=is_stream,
        aggregations=aggregations,
        sql=sql,
        event_time=event_time,
        created_column=created_column,
        known_since=known_since,
    )
    dataset_services.check_may_query(actor, [version])
    if not sql.strip():
        check_events_have(entity, event_time, created_column, aggregations, version.column_names)
    sql, known_since = meant["sql"], meant["known_since"]
    types = _types(actor, sql, version, at, is_stream=is_stream)
    kept = checked(
        entity=entity,
        event_time=event_time,
        created_column=created_column,
        known_since=known_since,
        slide_seconds=slide_seconds,
        aggregations=aggregations,
        types=types,
    )
    fit_keys(entity, types)
    if is_stream and known_since != KnownSince.ARRIVAL:
        check_dated(actor.tenant_id, sql, {ALIAS: at}, event_time, created_column or event_time)
    columns = {name: types[name] for name in _named(entity, event_time, created_column, kept)}
    told = {"known_since": known_since, "slide_seconds": slide_seconds, "aggregations": kept}
    windows = {"source": source, **told, "columns": columns}
    said = _definition(entity, sql, version, event_time, _created(known_since, created_column), ttl_seconds, windows)
    # Numbered last, as views by SQL are.
    said |= begun(actor, project, entity, name, description=description, owner=owner, tags=tags)
    view = FeatureView(**said)
    view.features = features_of(plan_of(view))
    view.save(force_insert=True)
    announce(actor, view)
    return view


def _types(actor: Actor, sql: str, version: Any, at: TableAt, *, is_stream: bool) -> dict[str, str]:
    """The columns of the events with their types, of SQL that may be asked and says the same each time."""
    dataset_services.check_sql_classified(actor, sql, [version])
    check_steady(sql, version.column_names)
    types = {column.name: column.type for column in lake.sandbox.describe(actor.tenant_id, sql, {ALIAS: at})}
    if is_stream:
        check_by_event(sql, ALIAS)
    return types


def _definition(
    entity: Entity,
    sql: str,
    version: Any,
    event_time: str,
    created: str,
    ttl_seconds: int | None,
    windows: dict[str, Any],
) -> dict[str, Any]:
    """What says how the view's rows are made, with its digest."""
    return {
        "kind": ViewKind.WINDOWS,
        "sql": sql,
        "windows": windows,
        "inputs": {ALIAS: str(version.pk)},
        "event_time": event_time,
        "created_column": created,
        "ttl_seconds": ttl_seconds,
        "definition_digest": definition_digest(
            sql, {ALIAS: version.pk}, entity, event_time, created, ttl_seconds, windows
        ),
    }


def ask_of_windows(
    actor: Actor,
    *,
    keys: Sequence[str],
    sql: str,
    event_time: str,
    created_column: str,
    known_since: str,
    slide_seconds: int,
    aggregations: Sequence[Mapping[str, Any]],
    version_id: UUID | None = None,
    stream_id: UUID | None = None,
) -> None:
    """Ask the sandbox all that defining such windows and their notes will ask, within `lake.sandbox.asked_once`.

    The entity of the `keys` need not be there yet.
    """
    source, version, at = _source(actor, version_id, stream_id)
    dataset_services.check_may_query(actor, [version])
    dataset_services.check_sql_classified(actor, sql, [version])
    ask_of_sql(actor, sql, {ALIAS: at}, version.column_names, event_time)
    if source["kind"] == EventSource.STREAM:
        check_by_event(sql, ALIAS)
    types = {column.name: column.type for column in lake.sandbox.describe(actor.tenant_id, sql, {ALIAS: at})}
    entity = Entity(join_keys=list(keys))
    kept = checked(
        entity=entity,
        event_time=event_time,
        created_column=created_column,
        known_since=known_since,
        slide_seconds=slide_seconds,
        aggregations=aggregations,
        types=types,
    )
    windows = {"known_since": known_since, "slide_seconds": slide_seconds, "aggregations": kept, "columns": types}
    view = FeatureView(entity=entity, sql=sql, event_time=event_time, windows=windows)
    view.created_column = _created(known_since, created_column)
    notes_on_windows(actor, view, at)


def _created(known_since: str, created_column: str) -> str:
    """What the view calls the column of the moments from which its values are known."""
    return KNOWN_SINCE if known_since == KnownSince.ARRIVAL else created_column


def preview_events(
    *, actor: Actor, project: Project, sql: str, version_id: UUID | None = None, stream_id: UUID | None = None
) -> pa.Table:
    """The first events that a definition would read; nothing is kept."""
    policies.check_can_define(actor, project)
    _source_told, version, at = _source(actor, version_id, stream_id)
    sql = sql.strip() or f"SELECT * FROM {ALIAS}"  # noqa: S608 - a constant
    dataset_services.check_may_query(actor, [version])
    dataset_services.check_sql_classified(actor, sql, [version])
    check_steady(sql, version.column_names)
    found = lake.sandbox.run(actor.tenant_id, sql, {ALIAS: at}, limit_rows=_PREVIEW_ROWS, timeout_s=20)
    return found.read_all()


def _source(actor: Actor, version_id: UUID | None, stream_id: UUID | None) -> tuple[dict[str, str], Any, TableAt]:
    """The source as it is kept, the version that says of its columns what they hold, and rows of it."""
    if (version_id is None) == (stream_id is None):
        sentence = _("Say where the events come from: a dataset version, or a stream.")
        raise DefinitionRefused(sentence, fields={"source": [sentence]})
    if version_id is not None:
        version = datasets.get_version(actor=actor, version_id=version_id)
        return {"kind": EventSource.VERSION.value, "id": str(version_id)}, version, datasets.table_at(version)
    return _followed(streams.get_stream(actor=actor, stream_id=cast("UUID", stream_id)))


def _followed(stream: Any) -> tuple[dict[str, str], Any, TableAt]:
    newest = version_of_stream(stream)
    return source_of(stream), newest, datasets.table_at(newest)


def completed(
    *,
    keys: Sequence[str],
    is_stream: bool,
    aggregations: Sequence[Mapping[str, Any]],
    sql: str,
    event_time: str,
    created_column: str,
    known_since: str,
) -> dict[str, str]:
    """{"sql", "known_since"} as they are meant where they are not said."""
    otherwise = KnownSince.ARRIVAL if is_stream else KnownSince.EVENT
    return {
        "sql": sql.strip() or _plain_sql([*keys, event_time, created_column], aggregations),
        "known_since": known_since or (KnownSince.COLUMN if created_column else otherwise).value,
    }


def _named(
    entity: Entity, event_time: str, created_column: str, aggregations: Sequence[Mapping[str, Any]]
) -> list[str]:
    columns = [one.get("column") or "" for one in aggregations]
    return list(dict.fromkeys(filter(None, [*entity.join_keys, event_time, created_column, *columns])))


def _plain_sql(names: Sequence[str], aggregations: Sequence[Mapping[str, Any]]) -> str:
    columns = [str(one.get("column") or "") for one in aggregations]
    wanted = dict.fromkeys(filter(None, [*names, *columns]))
    return f"SELECT {', '.join(map(identifier, wanted))} FROM {ALIAS}"  # noqa: S608 - names are quoted
