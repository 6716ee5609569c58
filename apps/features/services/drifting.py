"""How far a feature moved along its event time: what nobody has counted yet is counted in the lake, and remembered.

What was counted of a table at one snapshot stays true of it, so it is kept beside the profile, sealed as that is, with
the snapshot that it holds for: a stream's next step makes it be counted anew. It is the same for every reader; what
each may see of it is decided where it is told. It says how many rows a period has that may have few, so it goes
whenever rows go, and nothing is kept of rows that are not the view's any more.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from apps.features import selectors
from apps.features.choices import Against, BuildState
from apps.features.errors import TooMuchToCount
from apps.features.models import Feature, FeatureView, TrainingSet
from apps.features.selectors.counting import (
    SECONDS,
    Along,
    Pair,
    Tallies,
    Tally,
    along,
    count_pairs,
    count_periods,
    count_rows,
)
from apps.features.selectors.moving import (
    MOST_SHOWN,
    check_may_tell,
    drift_of,
    pair_called,
    pairs_of_drift,
    pairs_of_slice,
    periods_of_slice,
    reference_called,
    slice_of,
)
from foundation import lake, storage
from foundation.errors import Unavailable
from foundation.figures import number
from foundation.identity import Actor

log = logging.getLogger("sanad.features")
_PairsOf = Callable[[Tallies], Collection[Pair]]
_PeriodsOf = Callable[[Tallies], Collection[selectors.Period]]

# What is kept has this form; of another one it is counted anew.
_FORM = 1
# Beside the two that a page asks for of each period, some that somebody names.
_MOST_PAIRS = 8 * MOST_SHOWN
# One look after the other in each process: each may take all the memory that the lake's engine has. What is usual is
# counted within a second, so that a few tabs that are opened at once wait for each other. Whoever waited as long as a
# look may take would keep a thread and a connection from all other pages, so a few who reload would stop them; so would
# many who wait for less: a process of the portal has four threads.
_counting = threading.Lock()
_waiting = threading.BoundedSemaphore(2)
_TURN_SECONDS = 3.0
# A quantile holds each value in memory that the engine does not count against its limit: some 30 bytes for a row.
_ROW_BYTES = 48


@dataclass
class _Kept:
    """What is known of one feature: by unit, and which of the units suits its rows (empty: not asked yet)."""

    natural: str = ""
    units: dict[str, Tallies] = field(default_factory=dict)

    def with_one(self, found: Tallies, asked: str) -> _Kept:
        """With this unit, which suits the rows where none was asked for."""
        return _Kept(self.natural if asked else found.unit, {**self.units, found.unit: found})


def drift_over_time(*, actor: Actor, feature: Feature, against: str = Against.FIRST) -> selectors.Drift | None:
    """None where there is no event time that the reader sees; `against` is one of `Against`, or names a period.

    Invalid where nothing can be held against that one. TooMuchToCount where it would take longer than a page waits, or
    more memory than the lake's engine has, or where others are being counted.
    """
    reference = reference_called(against)
    where = along(actor, feature)
    if where is None:
        return None
    tallies = _tallied(where, "", lambda found: pairs_of_drift(where, found, reference))
    return drift_of(where, tallies, reference)


def slice_called(*, actor: Actor, feature: Feature, name: str, against: str = "") -> selectors.Slice | None:
    """One period, by the names that addresses have (`selectors.moving.pair_called`); None and refusals as above."""
    period, other = pair_called(name, against)
    where = along(actor, feature)
    if where is None:
        return None
    unit = "" if where.masked else period.unit
    tallies = _tallied(
        where,
        unit,
        lambda found: pairs_of_slice(where, found, period, other),
        lambda found: periods_of_slice(where, found, period, other),
    )
    check_may_tell(where, period, tallies.unit)
    return slice_of(where, tallies, period, other)


def forget_drift(thing: FeatureView | TrainingSet) -> None:
    """Rows of it are gone, or it is: nothing of what was counted of them stays."""
    for key in storage.list(thing.tenant_id, thing.drift_home):
        storage.delete(thing.tenant_id, key)


def _tallied(
    where: Along, unit: str, pairs_of: _PairsOf = lambda _found: (), told_of: _PeriodsOf = lambda _found: ()
) -> Tallies:
    """Periods of this unit, or of the one that suits the rows, with these pairs: of what is kept, or counted now.

    Of a unit that is asked for and has too many to be kept, only those that are `told_of` have figures and bins.
    """
    kept = _kept_of(where)
    known = kept.units.get(unit or kept.natural)
    if known and not _lacking(known, pairs_of):
        return known
    with _turn(where):
        return _counted(where, unit, pairs_of, told_of)


@contextmanager
def _turn(where: Along) -> Iterator[None]:
    if not _take_turn():
        sentence = _(
            "How far it moved is not told: other rows are being counted just now, and then these %(rows)s may be. Try"
            " again in a moment."
        )
        raise TooMuchToCount(sentence % {"rows": number(where.thing.row_count or 0)})
    try:
        yield
    finally:
        _counting.release()


def _take_turn() -> bool:
    """At once, or after a while where few others wait."""
    if _counting.acquire(blocking=False):
        return True
    if not _waiting.acquire(blocking=False):
        return False
    try:
        return _counting.acquire(timeout=_TURN_SECONDS)
    finally:
        _waiting.release()


def _counted(where: Along, unit: str, pairs_of: _PairsOf, told_of: _PeriodsOf) -> Tallies:
    """What lacks is counted and kept, the periods also where the look at the pairs is broken off."""
    kept = _kept_of(where)  # anew: whoever waited for the turn may find it counted
    known = found = kept.units.get(unit or kept.natural)
    try:
        found = found or _periods(where, unit, told_of)
        found = kept.units.get(found.unit, found)  # of these some pairs may be known already
        if lacking := _lacking(found, pairs_of):
            found = replace(found, pairs={**found.pairs, **count_pairs(where, lacking, found)})
    except (lake.LakeSlow, lake.LakeTooSmall) as error:
        if found and found is not known:
            _keep(where, kept.with_one(found, unit))
        raise TooMuchToCount(_too_much(where)) from error
    if found is not known:
        _keep(where, kept.with_one(found, unit))
    return found


def _lacking(found: Tallies, pairs_of: _PairsOf) -> list[Pair]:
    return [pair for pair in sorted(pairs_of(found)) if pair not in found.pairs]


def _periods(where: Along, unit: str, told_of: _PeriodsOf) -> Tallies:
    every = count_rows(where, unit) if unit else None
    if every is None or len(every.periods) <= MOST_SHOWN:
        _check_memory(where, where.thing.row_count or 0)
        return count_periods(where, unit)
    few = sorted(told_of(every))
    # One that is not listed has no rows, or is beyond the most that are.
    beyond = [one for one in few if one not in every.periods]
    known = {**every.periods, **(count_rows(where, unit, beyond).periods if beyond else {})}
    _check_memory(where, sum(known[one].rows for one in few if one in known))
    counted = count_periods(where, unit, few).periods if few else {}
    return replace(every, periods=dict(sorted({**known, **counted}.items())))


def _check_memory(where: Along, rows: int) -> None:
    if where.numeric and rows * _ROW_BYTES > settings.LAKE_MEMORY_MB << 20:
        raise TooMuchToCount(_too_much(where))


def _too_much(where: Along) -> str:
    sentence = _(
        "How far it moved is not told: counting its %(rows)s rows takes longer than the %(seconds)s seconds that a page"
        " waits, or more memory than the lake's engine has. Try again when less is going on, or define a version with"
        " fewer rows."
    )
    return sentence % {"rows": number(where.thing.row_count or 0), "seconds": number(int(SECONDS))}


def _kept_of(where: Along) -> _Kept:
    """Nothing of other rows than those that are read, and nothing where the object cannot be read: it is made anew."""
    try:
        told = json.loads(storage.read(where.thing.tenant_id, _key(where)))
    except (storage.ObjectMissing, storage.ObjectDamaged):
        return _Kept()
    except (OSError, Unavailable):
        log.exception("What was counted of the drift of %s cannot be read; it is counted anew.", where.thing)
        return _Kept()
    if told["about"] != _about(where):
        return _Kept()
    return _Kept(told["natural"], {unit: _tallies(unit, one) for unit, one in told["units"].items()})


def _keep(where: Along, kept: _Kept) -> None:
    """Remember it, unless its rows are not the thing's any more; where the store takes nothing, that is only logged.

    Nobody waits for it: it locks nothing. Whoever takes rows away changes the thing first, and deletes what was counted
    of them afterwards. So either they find what is put here, or it is found here that the thing has changed.
    """
    units = {unit: _said(one) for unit, one in kept.units.items() if len(one.periods) <= MOST_SHOWN}
    # Before, too: else whoever is slow would put it in the place of what is true by now.
    if not units or not _is_same(where):
        return
    told = {"about": _about(where), "natural": kept.natural, "units": units}
    try:
        storage.put(where.thing.tenant_id, _key(where), json.dumps(told).encode())
    except (OSError, Unavailable):
        # It may lie there all the same, where only the answer was lost.
        log.exception("What was counted of the drift of %s cannot be kept; the next page counts it anew.", where.thing)
    _take_back(where)


def _take_back(where: Along) -> None:
    """Delete it, unless the thing is known to have these rows: where the database does not say so, it goes as well.

    Where this fails, it is not only logged: counts of rows that are gone would stay.
    """
    same = False
    try:
        same = _is_same(where)
    finally:
        if not same:
            storage.delete(where.thing.tenant_id, _key(where))


def _is_same(where: Along) -> bool:
    """Whether the thing has these rows now: asked of the database anew, which tells what others have committed."""
    rows = {"lake_table": where.at.table, "lake_snapshot": where.at.snapshot, "state": BuildState.READY}
    return type(where.thing).objects.filter(pk=where.thing.pk, **rows).exists()


def _key(where: Along) -> str:
    return f"{where.thing.drift_home}{Feature.id_of(where.thing.pk, where.feature).hex}"


def _about(where: Along) -> dict[str, Any]:
    """What it holds for: rows that nobody changes any more, and how they are read."""
    rows = {"table": where.at.table, "snapshot": where.at.snapshot, "rows": where.thing.row_count}
    return {"form": _FORM, **rows, "time": where.time, "kind": where.kind.value, "type": where.type}


def _said(tallies: Tallies) -> dict[str, Any]:
    periods = [
        [_begin(one.period), one.rows, one.missing, one.mean, one.quartiles, one.bins]
        for one in tallies.periods.values()
    ]
    pairs = [[_begin(one), _begin(other), counts] for (one, other), counts in tallies.pairs.items()]
    # The newest: what somebody named long ago makes way for what a page asks for.
    return {"periods": periods, "pairs": pairs[-_MOST_PAIRS:]}


def _tallies(unit: str, told: dict[str, Any]) -> Tallies:
    def period(begin: str) -> selectors.Period:
        return selectors.Period(unit, datetime.fromisoformat(begin))

    every = [
        Tally(period(begin), rows, missing, mean, tuple(quartiles), tuple(bins))
        for begin, rows, missing, mean, quartiles, bins in told["periods"]
    ]
    pairs = {(period(one), period(other)): counts for one, other, counts in told["pairs"]}
    return Tallies(unit, {one.period: one for one in every}, pairs)


def _begin(period: selectors.Period) -> str:
    return period.start.isoformat()
