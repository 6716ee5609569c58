from __future__ import annotations

from uuid import UUID

from apps.experiments import services
from foundation.jobs import JobHandle, job


@job(name="experiments.execute_run", queue="train", max_attempts=3)
def execute_run(*, job: JobHandle, run_id: str, **_later: object) -> None:
    services.execute_run(job=job, run_id=UUID(run_id))
