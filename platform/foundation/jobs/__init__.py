"""Work for Celery: a row for everybody to see, a lease for whoever does it, and nothing that is lost or done twice.

A service calls `enqueue` inside its transaction; the row is the outbox. A worker takes the job under a lease by the
database's clock; a worker that dies loses the lease, and the job is taken again or fails with a sentence.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from foundation.jobs.errors import JobCancelled, JobSetAside, JobTaken, UnknownJob
from foundation.jobs.registry import (
    goes_on_in_archive,
    job,
    on_admission,
    on_cancel,
    on_failure,
    periodic,
    time_limit_of,
)

if TYPE_CHECKING:
    from foundation.jobs.handles import JobHandle
    from foundation.jobs.retention import forget_of_project
    from foundation.jobs.selectors import filtered_jobs, get_job, jobs_of, visible_jobs
    from foundation.jobs.services import cancel, cancel_of, enqueue
    from foundation.jobs.waiting import ask_again, length_of_queue

# What needs the models is imported when it is first asked for: this package is loaded before Django's models are.
_WHERE = {
    "ask_again": "waiting",
    "JobHandle": "handles",
    "cancel": "services",
    "cancel_of": "services",
    "enqueue": "services",
    "filtered_jobs": "selectors",
    "forget_of_project": "retention",
    "get_job": "selectors",
    "jobs_of": "selectors",
    "length_of_queue": "waiting",
    "visible_jobs": "selectors",
}

__all__ = [
    "JobCancelled",
    "JobHandle",
    "JobSetAside",
    "JobTaken",
    "UnknownJob",
    "ask_again",
    "cancel",
    "cancel_of",
    "enqueue",
    "filtered_jobs",
    "forget_of_project",
    "get_job",
    "goes_on_in_archive",
    "job",
    "jobs_of",
    "length_of_queue",
    "on_admission",
    "on_cancel",
    "on_failure",
    "periodic",
    "time_limit_of",
    "visible_jobs",
]


def __getattr__(name: str) -> Any:
    module = _WHERE.get(name)
    if module is None:
        raise AttributeError(f"foundation.jobs has no {name}")
    return getattr(import_module(f"foundation.jobs.{module}"), name)
