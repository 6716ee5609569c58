"""What pages hear of a job: on its own topic and on its subject's, after commit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation import live
from foundation.jobs.models import Job


def tell(job: Job, kind: str) -> None:
    """`kind`: job.queued, job.started, job.cancelling, job.succeeded, job.failed, job.cancelled."""
    data = {**_about(job.pk, job.name, job.attempt), "state": str(job.state), "step": job.step, "percent": job.percent}
    _publish(job.tenant_id, job.pk, job.subject, kind, {**data, "failure": job.failure})


def tell_progress(job: Job, attempt: int, step: str, percent: float | None) -> None:
    data = {**_about(job.pk, job.name, attempt), "state": "running", "step": step, "percent": percent}
    _publish(job.tenant_id, job.pk, job.subject, "job.progress", data)


def _about(job_id: UUID, name: str, attempt: int) -> dict[str, Any]:
    return {"job": str(job_id), "name": name, "attempt": attempt}


def _publish(tenant_id: UUID, job_id: UUID, subject: tuple[str, UUID] | None, kind: str, data: dict[str, Any]) -> None:
    live.publish(tenant_id, f"job:{job_id}", kind, data)
    if subject is not None:
        live.publish(tenant_id, f"{subject[0]}:{subject[1]}", kind, data)
