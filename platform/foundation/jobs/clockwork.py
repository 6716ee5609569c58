"""Periodic tasks: any number of schedulers give out each tick once, and one worker at a time runs it."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest, Now

from foundation.bound import bound
from foundation.jobs import leases
from foundation.jobs.adapters import broker
from foundation.jobs.models import Clockwork
from foundation.jobs.registry import periodic_definitions

logger = logging.getLogger(__name__)
_LONGEST_SLEEP = 1.0


def wind_up() -> None:
    """A row for each periodic task that has none yet; the first tick is due at once."""
    Clockwork.objects.bulk_create([Clockwork(name=name) for name in periodic_definitions()], ignore_conflicts=True)


def give_out() -> float:
    """Ring for what is due; answers in how many seconds to ask again."""
    for name, tick in _take_due():
        definition = periodic_definitions()[name]
        broker.ring(name, definition.queue, name, str(tick), expires=max(10.0, definition.every.total_seconds()))
    return _seconds_to_next()


@transaction.atomic
def _take_due() -> list[tuple[str, int]]:
    rows = Clockwork.objects.filter(name__in=periodic_definitions(), due_at__lte=Now())
    due = list(rows.select_for_update(skip_locked=True))
    for clock in due:
        every = periodic_definitions()[clock.name].every
        # Along the beat, so that it does not drift; ticks that nobody was there for are not made up for.
        Clockwork.objects.filter(pk=clock.pk).update(tick=F("tick") + 1, due_at=Greatest(F("due_at") + every, Now()))
    return [(clock.name, clock.tick + 1) for clock in due]


def _seconds_to_next() -> float:
    rows = Clockwork.objects.filter(name__in=periodic_definitions()).annotate(rest=F("due_at") - Now())
    rests: list[timedelta] = list(rows.values_list("rest", flat=True))
    soonest = min((rest.total_seconds() for rest in rests), default=_LONGEST_SLEEP)
    return min(_LONGEST_SLEEP, max(0.0, soonest))


def run(name: str, tick: str) -> None:
    """Run one tick in a worker; an old tick, or one whose predecessor still runs, is left out."""
    if not _claim(name, int(tick)):
        logger.debug("Tick %s of %s is left out", tick, name)
        return
    failure = ""
    pulse = leases.Pulse(lambda: _renew(name, int(tick)))
    pulse.start()
    try:
        with bound(periodic=name, tick=tick):
            periodic_definitions()[name].function()
    except Exception as error:
        failure = f"{type(error).__name__}: {error}"[:1000]
        raise
    finally:
        pulse.stop()
        _release(name, int(tick), failure)


def _claim(name: str, tick: int) -> bool:
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    rows = Clockwork.objects.filter(free, name=name, taken_tick__lt=tick)
    return bool(rows.update(taken_tick=tick, lease_until=Now() + leases.LEASE, started_at=Now(), finished_at=None))


def _renew(name: str, tick: int) -> None:
    Clockwork.objects.filter(name=name, taken_tick=tick).update(lease_until=Now() + leases.LEASE)


def _release(name: str, tick: int, failure: str) -> None:
    rows = Clockwork.objects.filter(name=name, taken_tick=tick)
    rows.update(lease_until=None, finished_at=Now(), failure=failure)
