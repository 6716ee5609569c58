from __future__ import annotations

from datetime import timedelta

from foundation import clock, refusals
from foundation.jobs import periodic
from foundation.web import idempotency


@periodic(name="web.forget_old_answers", every=timedelta(hours=1))
def forget_old_answers() -> None:
    idempotency.forget_old_answers(now=clock.now())


@periodic(name="web.tell_refusals", every=timedelta(minutes=1))
def tell_refusals() -> None:
    refusals.close_ended_windows(now=clock.now())
