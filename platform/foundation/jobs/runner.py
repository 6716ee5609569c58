"""One delivery of one job in a worker: take it, do it, settle it."""

from __future__ import annotations

import logging
import os
import socket
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models.functions import Now
from django.utils import translation

from foundation import states
from foundation.access import archives
from foundation.bound import bound
from foundation.errors import PortalError, Unavailable
from foundation.jobs import actors, ending, leases, news
from foundation.jobs.choices import NEXT, JobState
from foundation.jobs.errors import JobCancelled, JobSetAside, JobTaken
from foundation.jobs.handles import JobHandle, Keeping
from foundation.jobs.models import Job, JobTicket
from foundation.jobs.registry import JobDefinition, definition_of, kept_waiting_by
from foundation.tenancy import require_keys, scope
from foundation.tenancy.models import Tenant
from foundation.words import kept as _
from runtime.room import with_room

logger = logging.getLogger(__name__)
LONGEST_BACK_OFF = timedelta(minutes=10)
# How soon a job that was not admitted asks again by itself: twice as long each time. `ask_again` lets it ask sooner.
ASKS_AGAIN_AFTER = timedelta(seconds=2)
LONGEST_WAIT = timedelta(seconds=30)
_TRANSIENT = (Unavailable, OperationalError, InterfaceError, ConnectionError)


@dataclass(frozen=True)
class Claim:
    """An attempt of ours: nobody else has this number."""

    job: Job
    tenant: Tenant
    attempt: int


@dataclass(frozen=True)
class Outcome:
    """How the attempt ended; `sentence` says why it did not succeed, `transient` that trying again may help."""

    state: JobState
    sentence: str = ""
    transient: bool = False


def run(job_id: str) -> None:
    """Answer the bell. A second bell for the same attempt, or for an ended job, finds nothing to do."""
    claim = take(UUID(job_id))
    if claim is None:
        logger.debug("Job %s is taken, ended or not due", job_id)
        return
    keeper = leases.Keeper(claim.job, claim.attempt)
    with keeper:
        perform(claim, keeper)


def take(job_id: UUID) -> Claim | None:
    """Queued to running, under a row lock: of many deliveries one gets the attempt."""
    with transaction.atomic():
        due = JobTicket.objects.select_for_update().filter(job_id=job_id, state=JobTicket.State.QUEUED)
        ticket = due.filter(due_at__lte=Now()).first()
        if ticket is None:
            return None
        with scope(ticket.scope_id):
            waits = kept_waiting_by(Job.objects.select_related("tenant").get(pk=job_id), take=True)
        if waits:
            later = min(LONGEST_WAIT, ASKS_AGAIN_AFTER * 2 ** min(ticket.refused, 10))
            due.update(due_at=Now() + later, published_at=None, refused=ticket.refused + 1)
            return None
        attempt = ticket.attempt + 1
        JobTicket.objects.filter(pk=ticket.pk).update(
            state=JobTicket.State.RUNNING,
            attempt=attempt,
            lease_until=Now() + leases.LEASE,
            worker=_worker(),
            refused=0,
        )
        with scope(ticket.scope_id):
            started = {"attempt": attempt, "started_at": Now(), "step": "", "percent": None}
            states.move_rows(Job.objects.filter(pk=job_id), JobState.RUNNING, NEXT, **started)
            job = Job.objects.select_related("tenant").get(pk=job_id)
            news.tell(job, "job.started")
    return Claim(job, job.tenant, attempt)


@with_room
def perform(claim: Claim, keeper: Keeping) -> None:
    """Do the work in the language and with the rights of whoever asked, then write how it ended."""
    job = claim.job
    known = {"request_id": job.request_id, "tenant": claim.tenant.slug, "actor": str(job.actor_id), "job": str(job.pk)}
    with (
        bound(**known, job_name=job.name, attempt=claim.attempt),
        translation.override(actors.language_of(job)),
    ):
        try:
            outcome = _attempt(claim, keeper)
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
            settle(claim, outcome, keeper.unwritten())
        except JobTaken:
            logger.warning(
                "Attempt %d of job %s ended after it had been taken over; nothing is written", claim.attempt, job.pk
            )


def _attempt(claim: Claim, keeper: Keeping) -> Outcome:
    job, definition = claim.job, definition_of(claim.job.name)
    try:
        if definition.needs_keys:
            require_keys(claim.tenant)
        archives.require_open(claim.tenant.pk, job.project_id, in_archive=definition.in_archive)
        handle = JobHandle(
            job_id=job.pk,
            attempt=claim.attempt,
            actor=actors.rebuilt(job, claim.tenant),
            keeper=keeper,
            project_id=job.project_id,
        )
        definition.function(job=handle, **job.arguments)
    except JobTaken:
        raise
    except JobCancelled:
        return Outcome(JobState.CANCELLED)
    except JobSetAside:
        return Outcome(JobState.QUEUED)
    except Exception as error:  # noqa: BLE001 - whatever a job raises, its row must say how it ended
        return _outcome_of(error, definition)
    return Outcome(JobState.SUCCEEDED)


def _outcome_of(error: Exception, definition: JobDefinition) -> Outcome:
    if isinstance(error, _TRANSIENT):
        logger.warning("%s met something unavailable: %s", definition.name, error, exc_info=True)
        unknown = _("A part of the portal did not answer (%(kind)s).") % {"kind": type(error).__name__}
        return Outcome(JobState.FAILED, error.sentence if isinstance(error, PortalError) else unknown, transient=True)
    if isinstance(error, PortalError):
        logger.info("%s was refused: %s", definition.name, error)
        return Outcome(JobState.FAILED, error.sentence)
    if isinstance(error, SoftTimeLimitExceeded):
        hours = definition.time_limit.total_seconds() / 3600
        return Outcome(JobState.FAILED, _("It took longer than its limit of %(hours).1f hours.") % {"hours": hours})
    logger.error("%s failed unexpectedly", definition.name, exc_info=error)
    return Outcome(JobState.FAILED, "")


def settle(claim: Claim, outcome: Outcome, last_words: tuple[str, float | None] | None = None) -> None:
    """Write the end of the attempt, or raise JobTaken where the attempt no longer holds the job."""
    with scope(claim.tenant.pk):
        ticket = leases.held(claim.job, claim.attempt).select_for_update().first()
        if ticket is None:
            raise JobTaken
        job = Job.objects.select_for_update().get(pk=claim.job.pk)
        if last_words is not None:
            Job.objects.filter(pk=job.pk).update(step=last_words[0][:300], percent=last_words[1])
        sentence = outcome.sentence or _unexpected(job)
        if outcome.state == JobState.SUCCEEDED:
            ending.succeeded(ticket, job)
        elif outcome.state == JobState.CANCELLED or ticket.cancelled:
            ending.cancelled(ticket, job)
        elif outcome.state == JobState.QUEUED:
            ending.set_aside(ticket, job)
        elif outcome.transient and claim.attempt < ticket.max_attempts:
            ending.again(ticket, job, sentence, _back_off(claim))
        else:
            ending.failed(ticket, job, sentence)


def _back_off(claim: Claim) -> timedelta:
    return min(LONGEST_BACK_OFF, definition_of(claim.job.name).back_off * 3 ** (claim.attempt - 1))


def _unexpected(job: Job) -> str:
    return _(
        "Something went wrong that the portal did not expect. Tell its operator the number of this job: %(id)s."
    ) % {"id": job.pk}


def _worker() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"[:200]
