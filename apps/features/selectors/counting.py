"""The values of a feature counted into the bins of a reference period: in tenths of it, or by its frequent values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from apps.features.choices import BuildState, FeatureKind
from apps.features.models import Feature
from apps.features.selectors.derived import learned_with
from apps.features.selectors.masking import masks_of_set, masks_of_view
from apps.features.selectors.measuring import rows_of, unit_of, within
from apps.features.selectors.periods import Period
from apps.features.selectors.reading import view_table
from foundation.figures import number
from foundation.identity import Actor
from foundation.lake.ports import TableAt
from foundation.quoting import identifier

if TYPE_CHECKING:
    import pyarrow as pa

_ENDS = range(1, 10)
_MOST_FREQUENT = 20
_LONGEST = 200

Bins = tuple[Any, ...]


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
    def unit(self) -> str:
        return unit_of(self.thing, self.at, self.time)

    @property
    def value(self) -> str:
        """A number that is finite, or a text."""
        name = identifier(self.feature)
        if not self.numeric:
            return f"left({name}::VARCHAR, {_LONGEST})"
        if self.kind == FeatureKind.NUMBER:
            return f"CASE WHEN isfinite({name}::DOUBLE) THEN {name}::DOUBLE END"
        return f"CASE WHEN isfinite({name}::TIMESTAMP) THEN epoch_us({name}::TIMESTAMP)::DOUBLE END"

    def values(self, unit: str, only: Collection[Period] = ()) -> str:
        """A query of `m`, the period's begin, and `v`, of all rows with a time or of those in some periods."""
        begin = f"date_trunc('{unit}', {within(self.time)})"
        wanted = self.lies_in(*only) if only else f"{begin} IS NOT NULL"
        return f"SELECT {begin} AS m, {self.value} AS v FROM rows WHERE {wanted}"  # noqa: S608 - names are quoted

    def lies_in(self, *periods: Period) -> str:
        """The condition of a row in one of these, which are of one unit."""
        begin = f"date_trunc('{periods[0].unit}', {within(self.time)})"
        return f"{begin} IN ({', '.join(map(_moment, periods))})"

    def rows(self, sql: str, **beside: pa.Table) -> list[dict[str, Any]]:
        return rows_of(self.thing, self.at, sql, **beside)


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


def bins_of(where: Along, references: Collection[Period]) -> dict[Period, Bins]:
    """Of each period the ends of its tenths but the last, or its frequent values; nothing of one without values."""
    if not references:
        return {}
    unit = next(iter(references)).unit
    values = f"WITH v AS ({where.values(unit, [*references])} AND {where.value} IS NOT NULL)"
    if where.numeric:
        ends = f"list_value({', '.join(f'quantile_disc(v, {end / 10})' for end in _ENDS)})"
        sql = f"{values} SELECT m, {ends} AS bins FROM v GROUP BY 1"  # noqa: S608
    else:
        counted = "SELECT m, v, count(*) AS n FROM v GROUP BY 1, 2"
        first = f"QUALIFY row_number() OVER (PARTITION BY m ORDER BY n DESC, v) <= {_MOST_FREQUENT}"
        sql = f"{values} SELECT m, list(v ORDER BY n DESC, v) AS bins FROM ({counted} {first}) GROUP BY 1"  # noqa: S608
    return {Period(unit, row["m"]): tuple(row["bins"]) for row in where.rows(sql)}


def counts_in(
    where: Along, pairs: Iterable[tuple[Period, Period]], bins: Mapping[Period, Bins]
) -> dict[tuple[Period, Period], list[int]]:
    """Of each period, and of each reference itself, how many values lie in each of the reference's bins.

    The last but one has what is beyond: above the tenths, or none of the frequent values. The last has what is missing.
    """
    wanted = {(one, reference) for one, reference in pairs if reference in bins}
    wanted |= {(reference, reference) for _one, reference in wanted}
    if not wanted:
        return {}
    unit = next(iter(wanted))[0].unit
    found = {pair: [0] * (len(bins[pair[1]]) + 2) for pair in wanted}
    only = {one for one, _reference in wanted}
    place = "coalesce(place, size)" if not where.numeric else " + ".join(f"(v > bins[{n}])::INTEGER" for n in _ENDS)
    joined = "LEFT JOIN often ON often.ref = pairs.ref AND often.value = v.v" if not where.numeric else ""
    counted = f"pairs.m AS m, pairs.ref AS ref, CASE WHEN v IS NOT NULL THEN {place} END AS bin, count(*) AS n"
    told = f"WITH v AS ({where.values(unit, [*only])}) SELECT {counted} FROM v JOIN pairs USING (m) {joined}"  # noqa: S608
    for row in where.rows(f"{told} GROUP BY 1, 2, 3", **_beside(where, wanted, bins)):
        counts = found[Period(unit, row["m"]), Period(unit, row["ref"])]
        counts[-1 if row["bin"] is None else row["bin"]] += row["n"]
    return found


def _beside(
    where: Along, wanted: Collection[tuple[Period, Period]], bins: Mapping[Period, Bins]
) -> dict[str, pa.Table]:
    """The pairs with the tenths of their references, or with how many frequent values there are, and these apart."""
    import pyarrow as pa

    moment = pa.timestamp("us")
    pairs = [{"m": one.start, "ref": other.start, **_told(where, bins[other])} for one, other in wanted]
    told = ("bins", pa.list_(pa.float64())) if where.numeric else ("size", pa.int64())
    schema = pa.schema([("m", moment), ("ref", moment), told])
    tables = {"pairs": pa.Table.from_pylist(pairs, schema=schema)}
    if not where.numeric:
        references = {reference for _one, reference in wanted}
        often = [
            {"ref": one.start, "value": value, "place": place}
            for one in references
            for place, value in enumerate(bins[one])
        ]
        schema = pa.schema([("ref", moment), ("value", pa.string()), ("place", pa.int64())])
        tables["often"] = pa.Table.from_pylist(often, schema=schema)
    return tables


def _told(where: Along, bins: Bins) -> dict[str, Any]:
    return {"bins": list(bins)} if where.numeric else {"size": len(bins)}


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


def _moment(period: Period) -> str:
    return f"TIMESTAMP '{period.start.isoformat(sep=' ')}'"
