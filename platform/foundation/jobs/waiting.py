"""Why a job has not started, in one sentence."""

from __future__ import annotations

from uuid import UUID

from django.db.models.functions import Now
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.clock import zone_of
from foundation.jobs import workers
from foundation.jobs.choices import JobState
from foundation.jobs.models import Job, JobTicket
from foundation.jobs.registry import kept_waiting_by


def waiting_because(job: Job) -> str:
    """The sentence for a queued job; empty for any other."""
    if job.state != JobState.QUEUED:
        return ""
    ticket = JobTicket.objects.filter(job_id=job.pk).first()
    if ticket is None:
        return ""
    if not workers.is_served(job.queue):
        return _(
            "No worker serves the queue “%(queue)s” just now. It starts as soon as one does; "
            "the portal's operator sees with “sanad doctor” why there is none."
        ) % {"queue": job.queue}
    if waits := kept_waiting_by(job, take=False):
        return waits
    if job.failure and not JobTicket.objects.filter(pk=ticket.pk, due_at__lte=Now()).exists():
        at = localtime(ticket.due_at)
        words = {"time": f"{at:%H:%M:%S} {zone_of(at)}", "reason": job.failure}
        return _("It is tried again at %(time)s. The last attempt said: %(reason)s") % words
    return _place(ticket)


def ask_again(*, tenant_id: UUID, most: int | None = None) -> int:
    """Let jobs that were not admitted ask at once, the oldest first: something of what they wait for came free.

    It is part of the caller's transaction. One that is just asking is left out; it asks again by itself, within half a
    minute (runner.LONGEST_WAIT). Answers how many there were.
    """
    waiting = JobTicket.objects.filter(scope_id=tenant_id, state=JobTicket.State.QUEUED, refused__gt=0)
    rows = waiting.filter(due_at__gt=Now()).select_for_update(skip_locked=True).order_by("number")
    keys = list(rows.values_list("pk", flat=True)[:most])
    # From the shortest wait on, should there still be no room for it.
    return JobTicket.objects.filter(pk__in=keys).update(due_at=Now(), refused=1)


def place_in_queue(ticket: JobTicket) -> int:
    """How many jobs of all tenants are before it."""
    ahead = JobTicket.objects.filter(queue=ticket.queue, state=JobTicket.State.QUEUED, number__lt=ticket.number)
    return ahead.filter(due_at__lte=Now()).count()


def length_of_queue(queue: str) -> int:
    """How many jobs of all tenants wait in it; a new one would be behind them."""
    return JobTicket.objects.filter(queue=queue, state=JobTicket.State.QUEUED).count()


def _place(ticket: JobTicket) -> str:
    ahead = place_in_queue(ticket)
    if ahead == 0:
        return _("It is the next in its queue and starts as soon as a worker is free.")
    return ngettext("One job is before it in its queue.", "%(count)d jobs are before it in its queue.", ahead) % {
        "count": ahead
    }
