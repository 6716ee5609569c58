from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from foundation.access import Permission, can, granted_in
from foundation.errors import Invalid, NotFound
from foundation.identity import Actor
from foundation.jobs.choices import JobState
from foundation.jobs.models import Job
from foundation.live.topics import parse


def visible_jobs(*, actor: Actor) -> QuerySet[Job]:
    """All jobs where the actor holds “job.view”, and their own; a project's token sees that project's.

    None of a project whose deletion has begun.
    """
    jobs = Job.objects.filter(tenant_id=actor.tenant_id)
    if actor.project_id is not None:
        jobs = jobs.filter(project_id=actor.project_id)
    if actor.going:
        jobs = jobs.exclude(project_id__in=actor.going)
    if can(actor, Permission.JOB_VIEW):
        return jobs
    seen = Q(project_id__in=granted_in(actor, Permission.JOB_VIEW))
    return jobs.filter(seen | Q(actor_kind=actor.kind, actor_id=actor.id)) if actor.id else jobs.filter(seen)


def get_job(*, actor: Actor, job_id: UUID) -> Job:
    job = visible_jobs(actor=actor).filter(pk=job_id).first()
    if job is None:
        raise NotFound(_("There is no such job, or you may not see it."))
    return job


def filtered_jobs(*, actor: Actor, state: str = "", subject: str = "") -> QuerySet[Job]:
    """Visible jobs, of one state and about one thing (`run:<uuid>`) where those are given."""
    jobs = visible_jobs(actor=actor)
    if state:
        if state not in JobState.values:
            known = ", ".join(JobState.values)
            raise Invalid(_("There is no state “%(state)s”; there are %(known)s.") % {"state": state, "known": known})
        jobs = jobs.filter(state=state)
    if subject:
        thing = parse(subject)
        jobs = jobs.filter(subject_kind=thing.kind, subject_id=thing.id)
    return jobs


def jobs_of(*, actor: Actor, subject: tuple[str, UUID]) -> QuerySet[Job]:
    """Jobs about one thing, newest first."""
    kind, subject_id = subject
    return visible_jobs(actor=actor).filter(subject_kind=kind, subject_id=subject_id)
