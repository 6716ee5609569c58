"""How a feature's values move along its event time: each period against one that is named, by the measure of monitors.

Counted in the lake when somebody asks: a view that follows a stream has periods, though it has one version alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.features.choices import Against, FeatureKind, Movement
from apps.features.models import Feature
from apps.features.selectors.counting import Along, along, bins_of, counts_in, labels_of
from apps.features.selectors.periods import Period, period_called, with_gaps
from apps.features.selectors.relations import FEWEST_ROWS
from foundation.errors import NotFound
from foundation.identity import Actor

# Of fewer rows an index says more of chance than of them; monitors take as many unless they are told otherwise.
FEWEST = 200
# What a page shows; a single period is looked for among more.
_MOST, _MOST_SOUGHT = 240, 10_000


@dataclass(frozen=True)
class Counted:
    """The rows of one period; `missing` is None where it would tell a reader of masks of single rows."""

    period: Period
    rows: int
    missing: int | None = None
    mean: float | None = None
    quartiles: tuple[float, ...] = ()

    @property
    def missing_share(self) -> float | None:
        return None if self.missing is None or not self.rows else self.missing / self.rows


@dataclass(frozen=True)
class Moved:
    """One period against another; no index where the reader sees masks, or where either has too few rows."""

    counted: Counted
    against: Period | None
    index: float | None

    @property
    def period(self) -> Period:
        return self.counted.period

    @property
    def is_reference(self) -> bool:
        return self.against == self.period

    @property
    def level(self) -> Movement:
        if self.index is None:
            return Movement.UNKNOWN
        if self.index >= datasets.FAR:
            return Movement.FAR
        return Movement.MOVED if self.index >= datasets.STEADY else Movement.STEADY


@dataclass(frozen=True)
class Drift:
    """All periods in their order, those without rows among them."""

    unit: str
    masked: bool
    periods: list[Moved]

    @property
    def reference(self) -> Period | None:
        """The one that all are held against, where that is one."""
        found = {one.against for one in self.periods if one.against}
        return found.pop() if len(found) == 1 else None


@dataclass(frozen=True)
class Bin:
    label: str
    then: int
    now: int
    # What it adds to the index.
    adds: float


@dataclass(frozen=True)
class Slice:
    """One period beside the one that it is held against."""

    where: Along
    moved: Moved
    then: Counted | None
    bins: list[Bin]
    # The nearest ones that have rows.
    earlier: Period | None
    later: Period | None


def drift_over_time(*, actor: Actor, feature: Feature, against: str = Against.FIRST) -> Drift | None:
    """None where there is no event time that the reader sees; `against` is one of `Against`."""
    where = along(actor, feature)
    if where is None:
        return None
    unit = where.unit
    counted = _filled(_counted(where, unit, _MOST))
    references = _references(counted, against)
    return Drift(unit, where.masked, _moved(where, counted, references))


def slice_called(*, actor: Actor, feature: Feature, name: str, against: str = "") -> Slice | None:
    """By the names of the periods, as addresses have them; `against` may be one of `Against`, too, or be left out."""
    period, other = period_called(name), period_called(against)
    known = other is not None or against in {"", *Against.values}
    if period is None or not known or (other is not None and other.unit != period.unit):
        sentence = _("There is no such period; they are called like month-2013-03 or week-2013-03-04.")
        raise NotFound(sentence)
    return slice_of(actor=actor, feature=feature, period=period, against=other or against or Against.FIRST)


def slice_of(*, actor: Actor, feature: Feature, period: Period, against: str | Period) -> Slice | None:
    """None as above; `against` may name a period of the same unit as well."""
    where = along(actor, feature)
    if where is None:
        return None
    if where.masked and period.unit != where.unit:
        # Counts by periods of two lengths could be held against each other, down to single rows.
        sentence = _("You see its values masked: of such a period nothing is told. Choose one that its page lists.")
        raise NotFound(sentence)
    counted = _counted(where, period.unit, _MOST_SOUGHT)
    known = {one.period: one for one in counted}
    if period not in known:
        known[period] = Counted(period, 0)
        counted = [known[one] for one in sorted(known)]
    if isinstance(against, Period):
        other: Period | None = against
    else:
        other = _references(counted, against).get(period)
    moved, bins = _held(where, known[period], known.get(other) if other else None)
    told = _figures(where, {one for one in (period, other) if one in known and known[one].rows})
    return Slice(
        where=where,
        moved=Moved(told.get(period, known[period]), other, moved),
        then=told.get(other, Counted(other, 0)) if other else None,
        bins=bins,
        earlier=max((one for one in known if one < period and known[one].rows), default=None),
        later=min((one for one in known if one > period and known[one].rows), default=None),
    )


def _counted(where: Along, unit: str, most: int) -> list[Counted]:
    """The periods that have rows."""
    mean = "avg(v)" if where.kind == FeatureKind.NUMBER and not where.masked else "NULL::DOUBLE"
    counts = f"count(*) AS rows, count(*) - count(v) AS missing, {mean} AS mean"
    sql = f"SELECT m, {counts} FROM ({where.values(unit)}) GROUP BY 1 ORDER BY 1 LIMIT {most}"  # noqa: S608
    return [
        Counted(Period(unit, row["m"]), row["rows"], _told(where, row["rows"], row["missing"]), row["mean"])
        for row in where.rows(sql)
    ]


def _told(where: Along, rows: int, missing: int) -> int | None:
    return None if where.masked and rows < FEWEST_ROWS else missing


def _filled(counted: Sequence[Counted]) -> list[Counted]:
    known = {one.period: one for one in counted}
    return [known.get(period, Counted(period, 0)) for period in with_gaps(list(known), _MOST)]


def _references(counted: Sequence[Counted], against: str) -> dict[Period, Period]:
    """What each period is held against: the first full one, or the one before it that has rows enough.

    The first full one is the earliest that has enough, and half as many as is usual: data seldom begins with a period.
    """
    if against == Against.BEFORE:
        return _before(counted)
    enough = [one for one in counted if one.rows >= FEWEST]
    if not enough:
        return {}
    usual = median(one.rows for one in enough)
    first = next(one.period for one in enough if one.rows >= usual / 2)
    return {one.period: first for one in counted}


def _before(counted: Sequence[Counted]) -> dict[Period, Period]:
    held, newest = {}, None
    for one in counted:
        if newest is not None:
            held[one.period] = newest
        newest = one.period if one.rows >= FEWEST else newest
    return held


def _moved(where: Along, counted: Sequence[Counted], references: Mapping[Period, Period]) -> list[Moved]:
    pairs = [(one.period, references[one.period]) for one in counted if _may_compare(where, one, references)]
    found = counts_in(where, pairs, bins_of(where, {other for _one, other in pairs}))
    shown = []
    for one in counted:
        other = references.get(one.period)
        counts = found.get((one.period, other)) if other and other != one.period else None
        index = datasets.psi(found[other, other], counts) if other and counts else None
        shown.append(Moved(one, other, index))
    return shown


def _may_compare(where: Along, one: Counted, references: Mapping[Period, Period]) -> bool:
    return not where.masked and one.rows >= FEWEST and one.period in references


def _held(where: Along, one: Counted, other: Counted | None) -> tuple[float | None, list[Bin]]:
    """The index, where both have rows enough, and the bins of both; nothing of what is masked."""
    if where.masked or other is None or not one.rows or not other.rows:
        return None, []
    pair = (one.period, other.period)
    bins = bins_of(where, {other.period})
    found = counts_in(where, [pair], bins)
    if pair not in found:
        return None, []
    then, now = found[other.period, other.period], found[pair]
    adds = datasets.contributions(then, now)
    names = labels_of(where, bins[other.period])
    shown = [Bin(*told) for told in zip(names, then, now, adds, strict=True) if told[1] or told[2]]
    enough = min(one.rows, other.rows) >= FEWEST and one.period != other.period
    return (sum(adds) if enough else None), shown


def _figures(where: Along, periods: Collection[Period]) -> dict[Period, Counted]:
    """Of single periods also the quartiles of numbers."""
    if not periods:
        return {}
    unit = next(iter(periods)).unit
    clear = where.kind == FeatureKind.NUMBER and not where.masked
    told = "avg(v) AS mean, quantile_cont(v, [0.25, 0.5, 0.75]) AS quartiles" if clear else "NULL AS mean"
    counts = f"count(*) AS rows, count(*) - count(v) AS missing, {told}"
    sql = f"SELECT m, {counts} FROM ({where.values(unit, periods)}) GROUP BY 1"  # noqa: S608 - names are quoted
    return {Period(unit, row["m"]): _counted_of(where, unit, row) for row in where.rows(sql)}


def _counted_of(where: Along, unit: str, row: dict[str, Any]) -> Counted:
    missing = _told(where, row["rows"], row["missing"])
    return Counted(Period(unit, row["m"]), row["rows"], missing, row["mean"], tuple(row.get("quartiles") or ()))
