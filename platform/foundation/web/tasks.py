from __future__ import annotations

from datetime import timedelta

from foundation import clock
from foundation.jobs import periodic
from foundation.web import idempotency


@periodic(name="web.forget_old_answers", every=timedelta(hours=1))
def forget_old_answers() -> None:
    idempotency.forget_old_answers(now=clock.now())
