"""The rows of a view over events that was just defined: from nothing, or from those of the version before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.features.choices import BuildState, EventSource, KnownSince, ViewKind
from apps.features.errors import DefinitionRefused
from apps.features.models import FeatureView
from apps.features.services.windows.declaring import plan_of
from apps.features.services.windows.events import (
    ALIAS,
    Mark,
    events_table,
    mark_of,
    rows_table,
    source_table,
    staging_table,
    tables_of,
)
from apps.features.services.windows.plans import Plan
from apps.features.services.windows.progress import Progress
from apps.features.services.windows.taking import compute_added, compute_all, take_added, take_all
from foundation import lake
from foundation.errors import PortalError
from foundation.jobs import JobHandle
from foundation.lake import Lake
from foundation.lake.ports import TableAt
from foundation.words import kept as _

if TYPE_CHECKING:
    import pyarrow as pa

Sources = dict[str, list[list[str]] | None]


def rows_from_nothing(
    *, job: JobHandle, tables: Lake, view: FeatureView, inputs: Mapping[str, TableAt]
) -> tuple[TableAt, int, Sources]:
    """The table of its rows, how many there are, and from which columns theirs come."""
    plan = plan_of(view)
    for table in tables_of(view.pk):
        tables.drop(table)
    source = source_now(tables, view, inputs)
    job.progress(_("Taking in the events"), 10)
    mark = _from_before(job, tables, view, plan, source) or take_all(tables, view, plan, source, None, "")
    job.raise_if_cancelled()
    job.progress(_("Computing the rows"), 40)
    began = tables.mark_of(rows_table(view))
    at = compute_added(tables, view, plan, mark, int(began)) if began else compute_all(tables, view, plan, mark)
    job.raise_if_cancelled()
    tables.drop(staging_table(view))
    count = tables.count(at)
    if count == 0:
        said = _("No event has a key and a time, so there is no window. Look at the SELECT.")
        raise DefinitionRefused(said if plan.aggregations else _("No event that the SQL gives has a key and a time."))
    # No change point is ever covered by another: of those of one moment there is one, and it is the latest.
    view.marked = not plan.aggregations
    # Once it is ready all of them go online.
    view.follow = Progress.at(tables, view, mark).but(profiled=count, online_step=mark.step).said()
    return at, count, _sources(tables, view, plan, inputs)


def source_now(tables: Lake, view: FeatureView, inputs: Mapping[str, TableAt]) -> TableAt:
    """What the events are read from: the version, or the stream's table as it is now."""
    if view.windows["source"]["kind"] != EventSource.STREAM:
        return inputs[ALIAS]
    return tables.current(source_table(view))


def from_successor(told: Mapping[str, Any], inputs: Mapping[str, UUID]) -> dict[str, Any]:
    """The declaration over what took the place of its version; one that follows a stream goes on doing so."""
    source = told.get("source", {})
    if source.get("kind") != EventSource.VERSION:
        return dict(told)
    return {**told, "source": {**source, "id": str(inputs[ALIAS])}}


def _from_before(job: JobHandle, tables: Lake, view: FeatureView, plan: Plan, source: TableAt) -> Mark | None:
    """Begin with the tables of the version before, where its source has only grown since; None where it has not."""
    found = _grown(job, tables, view, source)
    if found is None:
        return None
    before, mark, added = found
    events, rows = tables.current(events_table(before)), tables.current(rows_table(before))
    tables.write(events_table(view), tables.read(events), mark=mark.said())
    tables.write(rows_table(view), tables.read(rows), mark=str(mark.step))
    return take_added(tables, view, plan, added, source, mark, mark.said())


def _grown(
    job: JobHandle, tables: Lake, view: FeatureView, source: TableAt
) -> tuple[FeatureView, Mark, pa.RecordBatchReader] | None:
    if view.windows["source"]["kind"] != EventSource.VERSION or view.windows["known_since"] == KnownSince.ARRIVAL:
        return None
    with job.scope():
        before = _version_before(view)
        since = _table_of(job, before) if before else None
    if before is None or since is None or lake.sandbox.construct_against_rows(view.sql, ALIAS):
        return None
    mark, _said = mark_of(tables, before)
    if mark is None or tables.mark_of(rows_table(before)) != str(mark.step):
        return None
    added = tables.added_between(since, source)
    return (before, mark, added) if added is not None else None


def _version_before(view: FeatureView) -> FeatureView | None:
    rows = FeatureView.objects.filter(project_id=view.project_id, name=view.name, number__lt=view.number)
    rows = rows.filter(kind=ViewKind.WINDOWS, state=BuildState.READY, entity_id=view.entity_id, sql=view.sql)
    before = rows.filter(event_time=view.event_time, created_column=view.created_column).order_by("-number").first()
    if before is None or _declared(before) != _declared(view):
        return None
    return before


def _declared(view: FeatureView) -> dict[str, object]:
    """All but where the events come from."""
    kind = view.windows["source"]["kind"]
    return {"kind": kind, **{name: value for name, value in view.windows.items() if name != "source"}}


def _table_of(job: JobHandle, view: FeatureView) -> TableAt | None:
    try:
        return datasets.table_at(datasets.get_version(actor=job.actor, version_id=UUID(view.inputs[ALIAS])))
    except PortalError:
        return None  # it was destroyed or is not the actor's to see: all is computed from nothing


def _sources(tables: Lake, view: FeatureView, plan: Plan, inputs: Mapping[str, TableAt]) -> Sources:
    """A value comes from the aggregation's column; a count of events from none."""
    of = dataset_services.column_sources(tables=tables, sql=view.sql, inputs=inputs)
    found: Sources = {name: of.get(name) for name in (*plan.keys, view.event_time)}
    found |= {one.name: of.get(one.column) if one.column else [] for one in plan.aggregations}
    found |= {} if plan.aggregations else {name: of.get(name) for name in plan.columns}
    if view.created_column:
        told = of.get(view.created_column) if view.windows["known_since"] == KnownSince.COLUMN else []
        found[view.created_column] = told
    return found
