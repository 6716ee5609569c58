"""The values of a feature counted along a time: each period by itself, and in the bins of what it is held against.

The bins are the tenths of a period, or its frequent values. A look at the lake counts all periods, another one puts as
many of them as are wanted into bins; both are broken off where nobody would wait for them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from apps.features.choices import BuildState, FeatureKind
from apps.features.models import Feature
from apps.features.selectors.derived import learned_with
from apps.features.selectors.masking import masks_of_set, masks_of_view
from apps.features.selectors.measuring import SHORTEST, rows_of, unit_in_sql, within
from apps.features.selectors.periods import Period
from apps.features.selectors.reading import view_table
from foundation.figures import number
from foundation.identity import Actor
from foundation.lake.ports import TableAt
from foundation.quoting import identifier

if TYPE_CHECKING:
    import pyarrow as pa

_TENTHS = range(1, 10)
_MOST_FREQUENT = 20
_LONGEST = 200
_MOST_PERIODS = 10_000
# How long a page waits for one look at the lake.
SECONDS = 10.0
_SUITING = unit_in_sql("coalesce(max(epoch_us(t)) - min(epoch_us(t)), 0)")

Bins = tuple[Any, ...]
Pair = tuple[Period, Period]


@dataclass(frozen=True)
class Along:
    """Where the values of a feature lie along a time that its reader sees; `thing` is a view or a training set."""

    thing: Any
    at: TableAt
    time: str
    feature: str
    kind: FeatureKind
    type: str
    # How columns are shown to the reader; what is none of these is seen in clear.
    masks: Mapping[str, Any]

    @property
    def masked(self) -> bool:
        return self.feature in self.masks

    @property
    def numeric(self) -> bool:
        """Whether the values have an order that is cut into tenths: numbers, days and moments."""
        return self.kind == FeatureKind.NUMBER or (
            self.kind == FeatureKind.TIME and self.type.upper().startswith(("TIMESTAMP", "DATE"))
        )

    @property
    def value(self) -> str:
        """A number that is finite, or a text."""
        name = identifier(self.feature)
        if not self.numeric:
            return f"left({name}::VARCHAR, {_LONGEST})"
        if self.kind == FeatureKind.NUMBER:
            return f"CASE WHEN isfinite({name}::DOUBLE) THEN {name}::DOUBLE END"
        return f"CASE WHEN isfinite({name}::TIMESTAMP) THEN epoch_us({name}::TIMESTAMP)::DOUBLE END"

    def lies_in(self, period: Period, *others: Period) -> str:
        """The condition of a row that lies in this one, or from the earliest of several to the last.

        On the column itself, so that parts of files are passed over by the least and greatest time in them.
        """
        first, last = min((period, *others)), max((period, *others))
        moment = f"{identifier(self.time)}::TIMESTAMP"
        return f"({moment} >= {_moment(first.start)} AND {moment} < {_moment(last.end)})"

    def rows(self, sql: str, **beside: pa.Table) -> list[dict[str, Any]]:
        return rows_of(self.thing, self.at, sql, seconds=SECONDS, **beside)


@dataclass(frozen=True)
class Tally:
    """What was counted of one period, whoever reads it; of numbers also their mean and quartiles."""

    period: Period
    rows: int
    missing: int
    mean: float | None = None
    quartiles: tuple[float, ...] = ()
    # The ends of its tenths but the last, or its frequent values; none where it has no values.
    bins: Bins = ()


@dataclass(frozen=True)
class Tallies:
    """All periods of one unit that have rows, in their order; and of pairs of them how the first lies in the bins of
    the other: the last but one has what is beyond them, the last what is missing."""

    unit: str
    periods: Mapping[Period, Tally]
    pairs: Mapping[Pair, list[int]]


def along(actor: Actor, feature: Feature) -> Along | None:
    """None where there is no time to go along, or where the reader sees it masked."""
    told = {"feature": feature.name, "kind": FeatureKind(feature.kind), "type": feature.type}
    if feature.view is None:
        learned = learned_with(actor, feature)
        if learned is None or not learned.timed:
            return None
        row = learned.training_set
        return Along(row, learned.at, row.event_time, masks=masks_of_set(actor, row), **told)  # type: ignore[arg-type]
    view, masks = feature.view, masks_of_view(actor, feature.view)
    if view.state != BuildState.READY or view.event_time in masks:
        return None
    return Along(view, view_table(view), view.event_time, masks=masks, **told)  # type: ignore[arg-type]


def count_rows(where: Along, unit: str, only: Collection[Period] = ()) -> Tallies:
    """The periods of this unit with their rows and what is missing in them, and nothing else of them.

    The earliest of all, as many as are told of at most; where some are named, these.
    """
    begin = f"date_trunc('{unit}', {within(where.time)})"
    read = f"SELECT {begin} AS m, {where.value} AS v FROM rows{_in_one_of(where, only)}"  # noqa: S608 - names are quoted
    told = "SELECT m, count(*) AS rows, count(*) - count(v) AS missing, NULL AS bins"
    sql = f"{told} FROM ({read}) WHERE m IS NOT NULL GROUP BY m ORDER BY m LIMIT {_MOST_PERIODS}"
    tallies = [_tally(where, unit, row) for row in where.rows(sql)]
    return Tallies(unit, {one.period: one for one in tallies}, {})


def count_periods(where: Along, unit: str = "", only: Collection[Period] = ()) -> Tallies:
    """Periods of this unit, or of the one that suits the time which the rows span; no pairs yet.

    Where some are named, of that unit, no others are read.
    """
    chosen = f"'{unit}' AS unit" if unit else f"{_SUITING} AS unit FROM r"
    from_rows = f"FROM rows{_in_one_of(where, only)}"
    read = f"SELECT {within(where.time)} AS t, {where.value} AS v {from_rows}"
    sql = (
        f"WITH r AS MATERIALIZED ({read}), u AS (SELECT {chosen}), "  # noqa: S608
        f"v AS (SELECT unit, date_trunc(unit, t) AS m, v FROM r, u WHERE t IS NOT NULL)"
        f"{_by_tenths(where) if where.numeric else _BY_VALUES} GROUP BY m ORDER BY m LIMIT {_MOST_PERIODS}"
    )
    rows = where.rows(sql)
    found = rows[0]["unit"] if rows else unit or SHORTEST
    tallies = [_tally(where, found, row) for row in rows]
    return Tallies(found, {one.period: one for one in tallies}, {})


def _in_one_of(where: Along, only: Collection[Period]) -> str:
    return f" WHERE {' OR '.join(map(where.lies_in, sorted(only)))}" if only else ""


def _by_tenths(where: Along) -> str:
    clear = where.kind == FeatureKind.NUMBER
    told = "avg(v) AS mean, quantile_cont(v, [0.25, 0.5, 0.75]) AS quartiles" if clear else "NULL AS mean"
    ends = ", ".join(str(tenth / 10) for tenth in _TENTHS)
    counted = f"count(*) AS rows, count(*) - count(v) AS missing, {told}, quantile_disc(v, [{ends}]) AS bins"
    return f" SELECT any_value(unit) AS unit, m, {counted} FROM v"  # noqa: S608 - nothing of anybody's is in it


_BY_VALUES = f""", c AS (SELECT any_value(unit) AS unit, m, v, count(*) AS n FROM v GROUP BY m, v),
o AS (SELECT *, row_number() OVER (PARTITION BY m, v IS NULL ORDER BY n DESC, v) AS place FROM c)
SELECT any_value(unit) AS unit, m, sum(n)::BIGINT AS rows, coalesce(sum(n) FILTER (v IS NULL), 0)::BIGINT AS missing,
  list(v ORDER BY place) FILTER (v IS NOT NULL AND place <= {_MOST_FREQUENT}) AS bins FROM o"""  # noqa: S608 - as above


def _tally(where: Along, unit: str, row: dict[str, Any]) -> Tally:
    quartiles, bins = tuple(row.get("quartiles") or ()), tuple(row["bins"] or ())
    return Tally(Period(unit, row["m"]), row["rows"], row["missing"], row.get("mean"), quartiles, bins)


def count_pairs(where: Along, pairs: Collection[Pair], tallies: Tallies) -> dict[Pair, list[int]]:
    """How many values of the first period of each pair lie in each of the bins of the other one."""
    if not pairs:
        return {}
    found = {pair: [0] * (len(tallies.periods[pair[1]].bins) + 2) for pair in pairs}
    begin = f"date_trunc('{tallies.unit}', {within(where.time)})"
    wanted = where.lies_in(*{one for one, _reference in pairs})
    read = f"SELECT {begin} AS m, {where.value} AS v FROM rows WHERE {wanted}"  # noqa: S608 - names are quoted
    if where.numeric:
        place = " + ".join(f"(v > b{tenth})::INTEGER" for tenth in _TENTHS)
        told = f"SELECT m, ref, CASE WHEN v IS NOT NULL THEN {place} END AS bin, count(*) AS n"
        sql = f"WITH v AS ({read}) {told} FROM v JOIN pairs USING (m) GROUP BY 1, 2, 3"
    else:
        told = "SELECT m, pairs.ref AS ref, CASE WHEN v IS NOT NULL THEN coalesce(place, size) END AS bin"
        often = "LEFT JOIN often ON often.ref = pairs.ref AND often.value = v"
        counted = f"SELECT m, v, count(*) AS n FROM ({read}) GROUP BY 1, 2"  # noqa: S608
        sql = f"WITH v AS ({counted}) {told}, sum(n)::BIGINT AS n FROM v JOIN pairs USING (m) {often} GROUP BY 1, 2, 3"
    for row in where.rows(sql, **_beside(where, pairs, tallies)):
        counts = found[Period(tallies.unit, row["m"]), Period(tallies.unit, row["ref"])]
        counts[-1 if row["bin"] is None else row["bin"]] += row["n"]
    return found


def _beside(where: Along, pairs: Collection[Pair], tallies: Tallies) -> dict[str, pa.Table]:
    """The pairs with the tenths of their references, or with how many frequent values there are, and these apart."""
    import pyarrow as pa

    moment, bins = pa.timestamp("us"), {reference: tallies.periods[reference].bins for _one, reference in pairs}
    names = [f"b{tenth}" for tenth in _TENTHS] if where.numeric else ["size"]
    told = [(name, pa.float64() if where.numeric else pa.int64()) for name in names]
    rows = [
        {"m": one.start, "ref": other.start}
        | dict(zip(names, bins[other] if where.numeric else [len(bins[other])], strict=True))
        for one, other in pairs
    ]
    tables = {"pairs": pa.Table.from_pylist(rows, schema=pa.schema([("m", moment), ("ref", moment), *told]))}
    if not where.numeric:
        often = [
            {"ref": one.start, "value": value, "place": place}
            for one, values in bins.items()
            for place, value in enumerate(values)
        ]
        schema = pa.schema([("ref", moment), ("value", pa.string()), ("place", pa.int64())])
        tables["often"] = pa.Table.from_pylist(often, schema=schema)
    return tables


def labels_of(where: Along, bins: Bins) -> list[str]:
    """The bins in words, but what is beyond and what is missing in frequent values."""
    if not where.numeric:
        return [*map(str, bins), _("other values"), _("missing")]
    ends = [_end(where, end) for end in bins]
    between = [f"{low} – {high}" for low, high in pairwise(ends)]
    return [f"≤ {ends[0]}", *between, f"> {ends[-1]}", _("missing")]


def _end(where: Along, end: float) -> str:
    if where.kind == FeatureKind.NUMBER:
        return number(end)
    return (datetime(1970, 1, 1) + timedelta(microseconds=end)).isoformat(sep=" ", timespec="minutes")


def _moment(moment: datetime) -> str:
    return f"TIMESTAMP '{moment.isoformat(sep=' ')}'"
