from __future__ import annotations

from uuid import UUID

from apps.registry import services
from foundation.jobs import JobHandle, job


@job(name="registry.finish_registration")
def finish_registration(*, job: JobHandle, version_id: str, **_later: object) -> None:
    services.finish_registration(job=job, version_id=UUID(version_id))
