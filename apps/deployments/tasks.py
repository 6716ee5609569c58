from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from apps.deployments import services
from foundation.jobs import JobHandle, job, periodic


@job(name="deployments.start_revision")
def start_revision(*, job: JobHandle, revision_id: str, **_later: object) -> None:
    services.start_revision(job=job, revision_id=UUID(revision_id))


@periodic(name="deployments.watch_revisions", every=timedelta(seconds=5))
def watch_revisions() -> None:
    services.watch_revisions()
