from __future__ import annotations

from datetime import timedelta

from foundation import clock
from foundation.jobs.registry import periodic


@periodic(name="jobs.forget", every=timedelta(hours=6))
def forget() -> None:
    from foundation.jobs import retention

    retention.forget_ended(now=clock.now())
