"""Puts right what crashes leave behind: jobs that nobody published, messages the broker forgot, attempts whose worker
is gone. It runs in the scheduler's process, since a queue full of long jobs must not keep it waiting."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.db.models.functions import Now
from django.utils import translation

from foundation.jobs import actors, dispatch, ending
from foundation.jobs.models import Job, JobTicket, Worker
from foundation.tenancy import scope
from foundation.words import kept as _

logger = logging.getLogger(__name__)
_AT_ONCE = 200
_WORKERS_KEPT = timedelta(days=1)


def sweep() -> None:
    """One round; any number of schedulers may do it at the same time."""
    end_abandoned()
    Worker.objects.filter(seen_at__lt=Now() - _WORKERS_KEPT).delete()
    dispatch.publish_due()
    dispatch.republish_lost()


def end_abandoned() -> None:
    """Attempts whose lease has run out: taken again while attempts are left, failed with a sentence when not."""
    running = JobTicket.objects.filter(state=JobTicket.State.RUNNING, lease_until__lt=Now())
    for job_id, scope_id in list(running.values_list("job_id", "scope_id").order_by("lease_until")[:_AT_ONCE]):
        try:
            _end_abandoned(job_id, scope_id)
        except Exception:  # a hook of one app that raises must not leave every other job running for ever
            logger.exception("The abandoned job %s could not be ended; it is tried again", job_id)


def _end_abandoned(job_id: UUID, scope_id: UUID) -> None:
    with scope(scope_id):
        still = JobTicket.objects.select_for_update(skip_locked=True).filter(job_id=job_id, lease_until__lt=Now())
        ticket = still.first()
        if ticket is None:
            return
        job = Job.objects.select_for_update().get(pk=job_id)
        logger.warning("The worker %s of job %s is gone, in attempt %d", ticket.worker, job_id, ticket.attempt)
        with translation.override(actors.language_of(job)):
            _decide(ticket, job)


def _decide(ticket: JobTicket, job: Job) -> None:
    if ticket.cancelled:
        ending.cancelled(ticket, job)
    elif ticket.attempt < ticket.max_attempts:
        ending.again(ticket, job, _("The worker that did this stopped; another takes it up."), timedelta(0))
    else:
        sentence = _(
            "The worker that did this stopped in attempt %(attempt)d of %(most)d. Start it again or tell the operator."
        )
        ending.failed(ticket, job, sentence % {"attempt": ticket.attempt, "most": ticket.max_attempts})
