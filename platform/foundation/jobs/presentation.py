"""What `components/job.html` and the REST twin show of a job."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from foundation.access import Verdict, ask
from foundation.identity import Actor
from foundation.jobs.models import Job
from foundation.jobs.policies import check_can_cancel
from foundation.jobs.waiting import waiting_because


def job_context(job: Job, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """Takes for the component: job, elapsed and time_left (timedelta or None), waiting_because (sentence or ""),
    may_cancel (Verdict), topic for `data-live-topic`."""
    ended = Verdict(allowed=False, reason="")
    return {
        "job": job,
        "elapsed": job.elapsed(now),
        "time_left": job.time_left(now),
        "waiting_because": waiting_because(job),
        "may_cancel": ended if job.is_final else ask(check_can_cancel, actor, job),
        "topic": f"job:{job.pk}",
    }
