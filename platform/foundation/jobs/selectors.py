from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from foundation.access import Permission, can
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.jobs.models import Job


def visible_jobs(*, actor: Actor) -> QuerySet[Job]:
    """All jobs of the tenant with “job.view”, else the actor's own; a project's token sees that project's."""
    jobs = Job.objects.filter(tenant_id=actor.tenant_id)
    if actor.project_id is not None:
        jobs = jobs.filter(project_id=actor.project_id)
    if can(actor, Permission.JOB_VIEW):
        return jobs
    return jobs.filter(Q(actor_kind=actor.kind, actor_id=actor.id)) if actor.id else jobs.none()


def get_job(*, actor: Actor, job_id: UUID) -> Job:
    job = visible_jobs(actor=actor).filter(pk=job_id).first()
    if job is None:
        raise NotFound(_("There is no such job, or you may not see it."))
    return job


def jobs_of(*, actor: Actor, subject: tuple[str, UUID]) -> QuerySet[Job]:
    """Jobs about one thing, newest first."""
    kind, subject_id = subject
    return visible_jobs(actor=actor).filter(subject_kind=kind, subject_id=subject_id)
