"""Figures of a training set or feature view that are counted in the lake when a page asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from apps.features.choices import ColumnRole, FeatureKind
from apps.features.models import Feature, FeatureView, TrainingSet
from apps.features.selectors.derived import learned_with
from apps.features.selectors.masking import masks_of_set, masks_of_view
from apps.features.selectors.reading import training_table, view_table
from apps.features.selectors.relations import FEWEST_ROWS
from foundation import lake
from foundation.identity import Actor
from foundation.lake.ports import TableAt
from foundation.quoting import identifier

if TYPE_CHECKING:
    import pyarrow as pa

_DAY_US = 86_400_000_000
# The longest span that is cut into each unit: twelve to some forty pieces are what a page can show.
_UNITS = ((2 * _DAY_US, "hour"), (30 * _DAY_US, "day"), (180 * _DAY_US, "week"), (1500 * _DAY_US, "month"))
SHORTEST = _UNITS[0][1]
_MOST_BUCKETS = 60


@dataclass(frozen=True)
class MissingMap:
    """Shares of missing values: a row per column, a cell per piece of time; one piece where there is no time.

    The last piece has no moment where some rows have no time. A share is None where the reader sees the column masked
    and it would tell of few rows (`withheld`), or is that of this last piece.
    """

    moments: list[datetime | None]
    unit: str
    rows: dict[str, list[float | None]]

    def as_json(self) -> dict[str, Any]:
        """{"unit": "hour"|"day"|"week"|"month"|"year" or "", "moments": [ISO or None], "columns": {name: shares}}."""
        return {
            "unit": self.unit,
            "moments": [moment.isoformat() if moment else None for moment in self.moments],
            "columns": self.rows,
        }


@dataclass(frozen=True)
class Piece:
    """One piece of time of a feature: quartiles where it is a number. Rows without a time are in none.

    `missing` is None where it would tell a reader of masks of few rows (`kept_back_of`).
    """

    moment: datetime
    rows: int
    missing: float | None
    low: float | None
    middle: float | None
    high: float | None


def missing_map(training_set: TrainingSet, *, actor: Actor, rows: pa.Table | None = None) -> MissingMap:
    """Where values are missing, by column and time; of all rows together for whoever sees the time masked.

    Of the set's own rows, or of these `rows`, where it is only looked at before it is made.
    """
    names = [c["name"] for c in training_set.columns if c["role"] in {ColumnRole.FEATURE, ColumnRole.LABEL}]
    at, masks = training_table(training_set) if rows is None else rows, masks_of_set(actor, training_set)
    timed = training_set.event_time and training_set.event_time not in masks
    unit = unit_of(training_set, at, training_set.event_time) if timed else ""
    counts = ", ".join(f"1 - count({identifier(name)}) / count(*) AS m{i}" for i, name in enumerate(names))
    moment = f"date_trunc('{unit}', {within(training_set.event_time)})" if unit else "NULL::TIMESTAMP"
    asked = f"{moment} AS moment, count(*) AS n, {counts}"
    found = rows_of(training_set, at, f"SELECT {asked} FROM rows GROUP BY 1 ORDER BY 1 LIMIT {_MOST_BUCKETS}")  # noqa: S608
    every = training_set.row_count if rows is None else rows.num_rows
    # Charts and drift tell of none of the rows without a time, which are the last piece: here they must not either.
    pieces = [piece["n"] for piece in found if piece["moment"] or not unit]
    kept_back = withheld(pieces, every) | set(range(len(pieces), len(found)))
    shares = {
        name: [None if name in masks and n in kept_back else piece[f"m{i}"] for n, piece in enumerate(found)]
        for i, name in enumerate(names)
    }
    return MissingMap([piece["moment"] for piece in found], unit, shares)


def over_time(view: FeatureView, feature: str, *, actor: Actor) -> list[Piece]:
    """How a feature went along its event time: counts alone for whoever sees it masked, nothing by a masked time."""
    at, masks = view_table(view), masks_of_view(actor, view)
    if view.event_time in masks:
        return []
    numeric = feature not in masks and any(
        c["name"] == feature and c.get("kind") == "number" for c in view.profile.get("columns", [])
    )
    return _along(view, at, view.event_time, feature, numeric=numeric, masked=feature in masks)


def learned_over_time(feature: Feature, *, actor: Actor) -> list[Piece]:
    """The same of one that is computed when asked for, along the times of the newest training set that has it."""
    found = learned_with(actor, feature)
    if found is None or not found.timed:
        return []
    numeric = not found.masked and feature.kind == FeatureKind.NUMBER
    row = found.training_set
    return _along(row, found.at, row.event_time, feature.name, numeric=numeric, masked=found.masked)


def _along(thing: Any, at: TableAt, event_time: str, feature: str, *, numeric: bool, masked: bool) -> list[Piece]:
    value, time = identifier(feature), within(event_time)
    quartiles = [f"quantile_cont({value}::DOUBLE, {q})" if numeric else "NULL" for q in (0.25, 0.5, 0.75)]
    sql = (
        f"SELECT date_trunc('{unit_of(thing, at, event_time)}', {time}) AS moment, count(*) AS rows, "  # noqa: S608
        f"1 - count({value}) / count(*) AS missing, {quartiles[0]} AS low, {quartiles[1]} AS middle, "
        f"{quartiles[2]} AS high FROM rows WHERE {time} IS NOT NULL GROUP BY 1 ORDER BY 1 LIMIT {_MOST_BUCKETS * 4}"
    )
    found = rows_of(thing, at, sql)
    kept_back = kept_back_of(thing, [row["rows"] for row in found]) if masked else set()
    return [Piece(**row | ({"missing": None} if n in kept_back else {})) for n, row in enumerate(found)]


def kept_back_of(thing: FeatureView | TrainingSet, rows: Sequence[int]) -> set[int]:
    """What is `withheld` of the pieces of its rows; all of them where it follows a stream.

    There the whole that is told is of an earlier step than the pieces are, and two looks a moment apart are of rows
    that differ by few.
    """
    if isinstance(thing, FeatureView) and thing.follows_stream:
        return set(range(len(rows)))
    return withheld(rows, thing.row_count)


def withheld(rows: Sequence[int], every: int | None) -> set[int]:
    """Of which pieces of a whole of `every` row a reader of masks is not told how many values are missing: by place.

    Of those with few rows; and, as long as what is told of the others and of the whole would tell of few by
    subtraction, of the smallest of the others, too. Nor of any beyond the first that every view of them has room for:
    `rows` are the pieces that have a time, in their order, and whoever cuts them off later, or not at all, keeps back
    the same.
    """
    told = sorted((count, n) for n, count in enumerate(rows[:_MOST_BUCKETS]) if count >= FEWEST_ROWS)
    beyond = max(every or 0, sum(rows)) - sum(count for count, _n in told)
    while told and 0 < beyond < FEWEST_ROWS:
        beyond += told.pop(0)[0]
    return set(range(len(rows))) - {n for _count, n in told}


def unit_of(thing: Any, at: TableAt | pa.Table, time: str) -> str:
    moment = f"epoch_us({within(time)})"
    span = f"coalesce(max({moment}) - min({moment}), 0)"
    found: str = rows_of(thing, at, f"SELECT {unit_in_sql(span)} AS unit FROM rows")[0]["unit"]  # noqa: S608
    return found


def unit_in_sql(span: str) -> str:
    """The unit into which so many microseconds are cut."""
    cases = " ".join(f"WHEN {span} <= {longest} THEN '{unit}'" for longest, unit in _UNITS)
    return f"CASE {cases} ELSE 'year' END"


def within(time: str) -> str:
    """The time where a calendar holds it: what is infinite, or beyond its years, lies in no piece of time."""
    moment = f"{identifier(time)}::TIMESTAMP"
    return f"CASE WHEN {moment} BETWEEN '0001-01-02' AND '9999-12-30' THEN {moment} END"


def rows_of(
    thing: Any, at: TableAt | pa.Table, sql: str, *, seconds: float | None = None, **beside: pa.Table
) -> list[dict[str, Any]]:
    """What the SQL says of `rows`, and of tables that are handed in beside it, within so many seconds."""
    found = lake.for_tenant(thing.tenant_id).query(sql, {"rows": at, **beside}, seconds=seconds).read_all()
    rows: list[dict[str, Any]] = found.to_pylist()
    return rows
