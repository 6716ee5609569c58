from __future__ import annotations

from uuid import UUID

from foundation.identity import Actor
from foundation.jobs import selectors


def check(actor: Actor, job_id: UUID) -> None:
    """Whoever may see the job may listen to it."""
    selectors.get_job(actor=actor, job_id=job_id)
