from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from apps.projects import services
from foundation.jobs import JobHandle, job, periodic


@job(name="projects.delete_project", max_attempts=6, time_limit=timedelta(hours=24))
def delete_project(*, job: JobHandle, project: str, **_later: object) -> None:
    services.delete_project(job=job, project_id=UUID(project))


@periodic(name="projects.begin_deletions", every=timedelta(minutes=1))
def begin_deletions() -> None:
    services.begin_deletions()
