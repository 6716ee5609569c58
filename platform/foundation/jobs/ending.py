"""How an attempt ends: the only writers of a job's final state. Each runs in the tenant's scope, holding the ticket."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce, Now

from foundation import states
from foundation.jobs import actors, news
from foundation.jobs.choices import NEXT, JobState
from foundation.jobs.models import Job, JobTicket
from foundation.jobs.registry import cancel_hooks_of, failure_hooks_of
from foundation.words import kept as _


def succeeded(ticket: JobTicket, job: Job) -> None:
    _end(ticket, job, JobState.SUCCEEDED, percent=100, failure="")


def failed(ticket: JobTicket, job: Job, sentence: str) -> None:
    """The app's own row fails in the same transaction, through its hook; if that raises, neither has failed yet."""
    _end(ticket, job, JobState.FAILED, failure=sentence)
    for hook in failure_hooks_of(job.name):
        hook(job, sentence, actors.ender(job))


def cancelled(ticket: JobTicket, job: Job) -> None:
    """The app's own row ends in the same transaction, through its hook, with whoever asked for it as the actor."""
    by = job.cancel_requested_by
    sentence = _("Cancelled by %(name)s.") % {"name": by} if by else _("Cancelled.")
    since = Coalesce("cancel_requested_at", Now())
    _end(ticket, job, JobState.CANCELLED, failure="", cancel_requested_at=since)
    for hook in cancel_hooks_of(job.name):
        hook(job, sentence, actors.canceller(job))


def again(ticket: JobTicket, job: Job, sentence: str, delay: timedelta) -> None:
    """Back into the queue, due after `delay`."""
    JobTicket.objects.filter(pk=ticket.pk).update(
        state=JobTicket.State.QUEUED, due_at=Now() + delay, published_at=None, lease_until=None
    )
    _write(job, JobState.QUEUED, step="", percent=None, failure=sentence)
    news.tell(job, "job.queued")


def set_aside(ticket: JobTicket, job: Job) -> None:
    """Back into the queue as one that was not admitted; an attempt that was asked to stop is none that failed."""
    JobTicket.objects.filter(pk=ticket.pk).update(max_attempts=F("max_attempts") + 1, refused=1)
    again(ticket, job, "", timedelta())


def _end(ticket: JobTicket, job: Job, state: JobState, **changes: Any) -> None:
    _write(job, state, finished_at=Now(), **changes)
    ticket.delete()
    news.tell(job, f"job.{state}")


def _write(job: Job, state: JobState, **changes: Any) -> None:
    states.move(job, state, NEXT)
    Job.objects.filter(pk=job.pk).update(state=state, **changes)
    job.refresh_from_db()
