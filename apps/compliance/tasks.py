from __future__ import annotations

from uuid import UUID

from apps.compliance import services
from foundation.jobs import JobHandle, job


@job(name="compliance.make_report", in_archive=True)
def make_report(*, job: JobHandle, report_id: str, **_later: object) -> None:
    services.make_report(job=job, report_id=UUID(report_id))
