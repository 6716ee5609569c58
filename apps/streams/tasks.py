from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from apps.streams import services
from foundation.clock import now
from foundation.jobs import JobHandle, job, periodic


@job(name="streams.replay")
def replay(*, job: JobHandle, stream_id: str, **_later: object) -> None:
    services.run_replay(job=job, stream_id=UUID(stream_id))


@periodic(name="streams.cut_due", every=timedelta(minutes=1))
def cut_due() -> None:
    services.cut_due_streams(now=now())
