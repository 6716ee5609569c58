"""Events into a view's own table, and change points out of it: each in one transaction, marked with how far it goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from apps.features.choices import KnownSince
from apps.features.services.windows.events import (
    ALIAS,
    Mark,
    alias_of,
    events_sql,
    events_table,
    rows_table,
    staging_table,
)
from apps.features.services.windows.kernel import change_points_sql, reach_sql
from apps.features.services.windows.plans import Plan
from apps.features.services.windows.row_by_row import rows_sql
from foundation import lake
from foundation.clock import now
from foundation.lake import Lake
from foundation.lake.ports import TableAt
from foundation.quoting import identifier

if TYPE_CHECKING:
    import pyarrow as pa

    from apps.features.models import FeatureView

_TIMEOUT_S, _MEMORY_MB = 600, 2048
# Behind every event: where nothing changes, none is read.
_NEVER_US = 1 << 62
SHORTEST_LEAD, _LONGEST_LEAD = timedelta(seconds=2), timedelta(minutes=1)


def take_all(tables: Lake, view: FeatureView, plan: Plan, source: TableAt, before: Mark | None, said: str) -> Mark:
    """The table of events anew, with all that the source has now; the mark of the step that they are in."""
    step = before.step + 1 if before else 1
    mark = Mark(step=step, whole=step, table=source.table, snapshot=source.snapshot, rows=tables.count(source))
    rows = _selected(view, plan, source, step)
    if before and view.windows["known_since"] == KnownSince.ARRIVAL:
        staged = tables.write(staging_table(view), rows, mode="replace")
        old = tables.current(events_table(view))
        rows = tables.query(_remembered_sql(plan), {"new": staged, "old": old})
    tables.write(events_table(view), rows, mode="replace", mark=mark.said(), after=said)
    return mark


def take_added(
    tables: Lake, view: FeatureView, plan: Plan, added: pa.RecordBatchReader, until: TableAt, before: Mark, said: str
) -> Mark:
    """What came to the source, behind what is there already; MarkMoved where somebody else took it in."""
    rows = tables.count(until)
    mark = Mark(before.step + 1, before.whole, table=until.table, snapshot=until.snapshot, rows=rows)
    staged = tables.write(staging_table(view), added, mode="replace")
    selected = _selected(view, plan, staged, mark.step)
    tables.write(events_table(view), selected, mode="append", mark=mark.said(), after=said)
    return mark


def compute_all(tables: Lake, view: FeatureView, plan: Plan, mark: Mark) -> TableAt:
    """The table of rows anew, from all events that are there."""
    events = tables.current(events_table(view))
    sql = change_points_sql(plan) if plan.aggregations else rows_sql(plan)
    rows = tables.query(sql, {ALIAS: events})
    said = tables.mark_of(rows_table(view))
    return tables.write(rows_table(view), rows, mode="replace", mark=str(mark.step), after=said)


def compute_added(tables: Lake, view: FeatureView, plan: Plan, mark: Mark, done: int) -> TableAt:
    """The rows that events after the step `done` make or change, in the place of those that were there.

    Also where nothing changes: the mark says that these events were looked at.
    """
    events, there = tables.current(events_table(view)), rows_table(view)
    sql = _points_sql(tables, plan, events, done) if plan.aggregations else rows_sql(plan, after=done)
    changed = tables.write_query(staging_table(view), sql, {ALIAS: events}, mode="replace")
    keys = [*plan.keys, plan.event_time, *([plan.created] if plan.created else [])]
    return tables.merge(there, changed, base=tables.current(there), after=str(done), mark=str(mark.step), keys=keys)


def news(added: pa.RecordBatchReader) -> pa.RecordBatchReader | None:
    """The same rows; None where there is none, which costs no write."""
    import pyarrow as pa

    batches = (batch for batch in added if batch.num_rows)
    first = next(batches, None)
    if first is None:
        return None

    def all_of_them() -> Iterator[pa.RecordBatch]:
        yield first
        yield from batches

    return pa.RecordBatchReader.from_batches(added.schema, all_of_them())


def _selected(view: FeatureView, plan: Plan, source: TableAt, step: int) -> pa.RecordBatchReader:
    arrived = now() + lead_of(view)
    sql = events_sql(view, plan, step=step, arrived_us=int(arrived.timestamp() * 1_000_000))
    return lake.sandbox.run(view.tenant_id, sql, {alias_of(view): source}, timeout_s=_TIMEOUT_S, memory_mb=_MEMORY_MB)


def lead_of(view: FeatureView) -> timedelta:
    """How long after it was taken in what arrived begins to count: until then its values are online.

    Whoever asks meanwhile is told what a join says of that moment. Twice as long as the last step took.
    """
    seconds = float((view.follow or {}).get("seconds", 0.0))
    return min(max(timedelta(seconds=2 * seconds), SHORTEST_LEAD), _LONGEST_LEAD)


def _points_sql(tables: Lake, plan: Plan, events: TableAt, done: int) -> str:
    """Of the change points that these events reach; of events before their first, none is read."""
    low = _first_change(tables, plan, events, done)
    return change_points_sql(plan, after=(done, low if low is not None else _NEVER_US))


def _first_change(tables: Lake, plan: Plan, events: TableAt, done: int) -> int | None:
    sql = f"SELECT min(low) AS low FROM ({reach_sql(plan)})"  # noqa: S608 - our own names
    found = tables.query(sql, {ALIAS: events}, {"step": done}).read_all()
    low: int | None = found.column("low")[0].as_py()
    return low


def _remembered_sql(plan: Plan) -> str:
    """Events that were there before keep the moment at which they arrived; equal ones in their order."""
    same = [*plan.key_names, "t", *(plan.value(name) for name in plan.columns)]
    names = ", ".join(same)
    place = f"row_number() OVER (PARTITION BY {names} ORDER BY known) AS place"
    on = " AND ".join(f"new.{name} IS NOT DISTINCT FROM old.{name}" for name in same)
    columns = ", ".join(f"new.{name}" for name in same[: len(plan.keys) + 1])
    values = "".join(f", new.{plan.value(name)}" for name in plan.columns)
    return (
        f"SELECT {columns}, coalesce(old.known, new.known) AS known{values}, new.step "  # noqa: S608 - our own names
        f"FROM (SELECT *, {place} FROM new) AS new LEFT JOIN (SELECT *, {place} FROM old) AS old "
        f"ON {on} AND new.place = old.place"
    )


def keys_sql(plan: Plan, done: int) -> str:
    """The keys of which events came after a step."""
    columns = ", ".join(f"{name} AS {identifier(key)}" for name, key in zip(plan.key_names, plan.keys, strict=True))
    return f"SELECT DISTINCT {columns} FROM {ALIAS} WHERE step > {int(done)} AND t IS NOT NULL"  # noqa: S608 - our own names
