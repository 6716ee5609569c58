"""How a feature's values move along its event time: each period against one that is named, by the measure of monitors.

Told of what was counted (`counting`), as its reader may see it: `services.drifting` counts what nobody has yet.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.features.choices import Against, Movement
from apps.features.selectors.counting import Along, Pair, Tallies, labels_of
from apps.features.selectors.measuring import kept_back_of
from apps.features.selectors.periods import Period, period_called, with_gaps
from foundation.errors import Invalid, NotFound
from foundation.figures import number

# Of fewer rows an index says more of chance than of them; monitors take as many unless they are told otherwise.
FEWEST = 200
# What a page shows; a single period is looked for among all.
MOST_SHOWN = 240


@dataclass(frozen=True)
class Counted:
    """The rows of one period; `missing` is None where it would tell a reader of masks of few rows."""

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
    # What it can be held against, the newest first; as many as a page shows.
    others: list[Period]


def reference_called(name: str) -> str | Period:
    """What all periods are held against: one of `Against`, or a period by its name."""
    found = name if name in Against.values else period_called(name)
    if found is None:
        sentence = _("A period is held against the first full one, the one before, or one called like month-2013-03.")
        raise Invalid(sentence, fields={"against": [sentence]})
    return found


def may_be_held_against(one: Counted) -> bool:
    return one.rows >= FEWEST


def drift_of(where: Along, tallies: Tallies, against: str | Period) -> Drift:
    """The periods that a page shows; `tallies` has the pairs that `pairs_of_drift` names."""
    counted = _shown(where, tallies)
    references = _references(counted, against)
    return Drift(tallies.unit, where.masked, [_moved(where, tallies, one, references) for one in counted])


def pairs_of_drift(where: Along, tallies: Tallies, against: str | Period) -> set[Pair]:
    """What has to be counted in bins for it, each reference in its own among it.

    Invalid where a period is named that is none of those that are shown, or has too few rows.
    """
    counted = _shown(where, tallies)
    if isinstance(against, Period):
        _check_reference(counted, against)
    references = _references(counted, against)
    compared = [(one.period, references[one.period]) for one in counted if _may_compare(where, one, references)]
    return _with_own(tallies, compared)


def pair_called(name: str, against: str) -> tuple[Period, str | Period]:
    """A period and what it is held against, by the names that addresses have; `against` may be one of `Against`, too,
    or be left out."""
    period, other = period_called(name), period_called(against)
    known = other is not None or against in {"", *Against.values}
    if period is None or not known:
        sentence = _("There is no such period; they are called like month-2013-03 or week-2013-03-04.")
        raise NotFound(sentence)
    if other is not None and other.unit != period.unit:
        sentence = _(
            "%(period)s and %(against)s are not of one length: hold an hour against an hour, a month against a month."
        )
        raise NotFound(sentence % {"period": capfirst(period.label), "against": other.label})
    return period, other or against or Against.FIRST


def check_may_tell(where: Along, period: Period, unit: str) -> None:
    """NotFound where the reader sees masks and the page lists periods of another `unit`.

    Counts by periods of two lengths could be held against each other, down to single rows.
    """
    if where.masked and period.unit != unit:
        sentence = _("You see its values masked: of such a period nothing is told. Choose one that its page lists.")
        raise NotFound(sentence)


def slice_of(where: Along, tallies: Tallies, period: Period, against: str | Period) -> Slice:
    """`tallies` has the pairs that `pairs_of_slice` names."""
    known = _known(where, tallies, period)
    other = _other(known, period, against)
    index, bins = _held(where, tallies, known[period], known.get(other) if other else None)
    with_rows = [one for one in known if known[one].rows]
    return Slice(
        where=where,
        moved=Moved(known[period], other, index),
        then=known.get(other, Counted(other, 0)) if other else None,
        bins=bins,
        earlier=max((one for one in with_rows if one < period), default=None),
        later=min((one for one in with_rows if one > period), default=None),
        others=[one for one in with_rows[::-1] if one != period and may_be_held_against(known[one])][:MOST_SHOWN],
    )


def periods_of_slice(where: Along, tallies: Tallies, period: Period, against: str | Period) -> set[Period]:
    """Those that it tells figures of; it takes the rows alone to know them."""
    other = _other(_known(where, tallies, period), period, against)
    return {period, other} if other else {period}


def pairs_of_slice(where: Along, tallies: Tallies, period: Period, against: str | Period) -> set[Pair]:
    """What has to be counted in bins for it."""
    other = _other(_known(where, tallies, period), period, against)
    if where.masked or other is None or period not in tallies.periods:
        return set()
    return _with_own(tallies, [(period, other)])


def _with_own(tallies: Tallies, compared: Collection[Pair]) -> set[Pair]:
    """Nothing is held against a period that has no values."""
    pairs = {pair for pair in compared if pair[1] in tallies.periods and tallies.periods[pair[1]].bins}
    return pairs | {(reference, reference) for _one, reference in pairs}


def _known(where: Along, tallies: Tallies, period: Period) -> dict[Period, Counted]:
    """All that have rows, and the one that is asked for, in their order."""
    found = {one.period: one for one in _counted(where, tallies)}
    found.setdefault(period, Counted(period, 0))
    return {one: found[one] for one in sorted(found)}


def _check_reference(counted: Sequence[Counted], against: Period) -> None:
    if not any(one.period == against and may_be_held_against(one) for one in counted):
        sentence = _(
            "Nothing is held against %(period)s: it is none of the periods here, or has fewer than %(fewest)s rows."
        )
        told = sentence % {"period": against.label, "fewest": number(FEWEST)}
        raise Invalid(told, fields={"against": [told]})


def _other(known: Mapping[Period, Counted], period: Period, against: str | Period) -> Period | None:
    return against if isinstance(against, Period) else _references([*known.values()], against).get(period)


def _counted(where: Along, tallies: Tallies) -> list[Counted]:
    """The periods that have rows, as the reader may see them."""
    every = list(tallies.periods.values())
    if not where.masked:
        return [Counted(one.period, one.rows, one.missing, one.mean, one.quartiles) for one in every]
    kept_back = kept_back_of(where.thing, [one.rows for one in every])
    return [Counted(one.period, one.rows, None if n in kept_back else one.missing) for n, one in enumerate(every)]


def _shown(where: Along, tallies: Tallies) -> list[Counted]:
    """The first that have rows, with those between them."""
    known = {one.period: one for one in _counted(where, tallies)[:MOST_SHOWN]}
    return [known.get(period, Counted(period, 0)) for period in with_gaps(list(known), MOST_SHOWN)]


def _references(counted: Sequence[Counted], against: str | Period) -> dict[Period, Period]:
    """What each period is held against: one that is named, the first full one, or the one before with rows enough.

    The first full one is the earliest that has enough, and half as many as is usual: data seldom begins with a period.
    """
    if isinstance(against, Period):
        return {one.period: against for one in counted}
    if against == Against.BEFORE:
        return _before(counted)
    enough = [one for one in counted if may_be_held_against(one)]
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
        newest = one.period if may_be_held_against(one) else newest
    return held


def _moved(where: Along, tallies: Tallies, one: Counted, references: Mapping[Period, Period]) -> Moved:
    other = references.get(one.period)
    counts = None
    if other and other != one.period and _may_compare(where, one, references):
        counts = tallies.pairs.get((one.period, other))
    return Moved(one, other, datasets.psi(tallies.pairs[other, other], counts) if other and counts else None)


def _may_compare(where: Along, one: Counted, references: Mapping[Period, Period]) -> bool:
    return not where.masked and one.rows >= FEWEST and one.period in references


def _held(where: Along, tallies: Tallies, one: Counted, other: Counted | None) -> tuple[float | None, list[Bin]]:
    """The index, where both have rows enough, and the bins of both; nothing of what is masked."""
    now = tallies.pairs.get((one.period, other.period)) if other else None
    if where.masked or other is None or now is None:
        return None, []
    then = tallies.pairs[other.period, other.period]
    adds = datasets.contributions(then, now)
    names = labels_of(where, tallies.periods[other.period].bins)
    shown = [Bin(*told) for told in zip(names, then, now, adds, strict=True) if told[1] or told[2]]
    enough = min(one.rows, other.rows) >= FEWEST and one.period != other.period
    return (sum(adds) if enough else None), shown
