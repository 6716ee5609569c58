from __future__ import annotations

from datetime import timedelta

from foundation import clock
from foundation.jobs import periodic


@periodic(name="lake.maintain", every=timedelta(minutes=5), time_limit=timedelta(minutes=30))
def maintain() -> None:
    from foundation.lake import keeping

    keeping.maintain_every_lake(now=clock.now())
