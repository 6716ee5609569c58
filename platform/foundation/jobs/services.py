"""Ask for work, and ask for it to end."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from foundation.access import archives
from foundation.identity import Actor
from foundation.jobs import actors, dispatch, ending, news, policies, selectors
from foundation.jobs.choices import FINAL
from foundation.jobs.models import Job, JobTicket
from foundation.jobs.registry import definition_of
from foundation.tenancy import scope

_PLAIN = (str, int, float, bool, type(None))


def enqueue(
    name: str,
    *,
    actor: Actor,
    title: object,
    project_id: UUID | None = None,
    subject: tuple[str, UUID] | None = None,
    **arguments: str | float | bool | None,
) -> Job:
    """Write the job beside the change that wants it; it leaves for a worker when the transaction commits.

    `arguments` are strings, numbers, booleans or None. A name that no tasks module declared raises UnknownJob.
    ProjectArchived for work in an archived project, whoever asks for it; NotFound in one whose deletion has begun.
    """
    definition = definition_of(name)
    _check_plain(name, arguments)
    with _scope_of(actor):
        archives.require_open(actor.tenant_id, project_id, in_archive=definition.in_archive)
        job = Job.objects.create(
            tenant=actor.tenant,
            name=name,
            queue=definition.queue,
            title=str(title)[:300],
            project_id=project_id,
            subject_kind=subject[0] if subject else "",
            subject_id=subject[1] if subject else None,
            arguments=arguments,
            max_attempts=definition.max_attempts,
            **actors.written(actor),
        )
        ticket = JobTicket.objects.create(
            job=job, scope_id=actor.tenant_id, name=name, queue=definition.queue, max_attempts=definition.max_attempts
        )
        news.tell(job, "job.queued")
        transaction.on_commit(lambda: dispatch.publish_or_leave(ticket), robust=True)
    return job


def cancel(*, actor: Actor, job_id: UUID) -> Job:
    """End a queued job at once and a running one at its next `raise_if_cancelled`; an ended one stays as it is."""
    with _scope_of(actor):
        policies.check_can_cancel(actor, selectors.get_job(actor=actor, job_id=job_id))
        return _cancel(actor, job_id)


def cancel_of(*, actor: Actor, subject: tuple[str, UUID]) -> list[Job]:
    """Cancel every open job about the subject: for the service that ends the thing, and has checked the right to."""
    kind, subject_id = subject
    with _scope_of(actor):
        about = Job.objects.filter(tenant_id=actor.tenant_id, subject_kind=kind, subject_id=subject_id)
        found = about.exclude(state__in=FINAL).values_list("pk", flat=True)
        return [_cancel(actor, job_id) for job_id in found]


def _cancel(actor: Actor, job_id: UUID) -> Job:
    ticket = JobTicket.objects.select_for_update().filter(job_id=job_id).first()
    job = Job.objects.select_for_update().get(pk=job_id)
    if ticket is None or ticket.cancelled:
        return job
    Job.objects.filter(pk=job_id).update(cancel_requested_at=Now(), **actors.written_canceller(actor))
    job.refresh_from_db()
    if ticket.state == JobTicket.State.QUEUED:
        ending.cancelled(ticket, job)
        return job
    JobTicket.objects.filter(pk=ticket.pk).update(cancelled=True)
    news.tell(job, "job.cancelling")
    return job


def _scope_of(actor: Actor) -> AbstractContextManager[None]:
    return scope(actor.tenant_id, user_id=actor.user.pk if actor.user else None)


def _check_plain(name: str, arguments: dict[str, Any]) -> None:
    for key, value in arguments.items():
        if not isinstance(value, _PLAIN):
            raise TypeError(
                f"{name!r} was given {key}={type(value).__name__}; a job takes strings and numbers, ids as str(id)."
            )
