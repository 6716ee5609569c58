"""A project is deleted for ever: asked for by typed name, kept by any administrator until the day, begun by the clock.

Deleting itself is a job of its own (`deleting`); what stays afterwards and why is written there.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.projects import policies
from apps.projects.events import ProjectDeletionAsked, ProjectDeletionBegun, ProjectDeletionUndone
from apps.projects.models import Project, ProjectDeletion
from apps.projects.services.archiving import locked_project
from apps.projects.services.farewells import every_dependant, held_by_law, made_elsewhere
from apps.projects.services.recording import record
from apps.tenants import services as tenants
from foundation import access, jobs, tenancy
from foundation.clock import database_now
from foundation.identity import Actor
from foundation.jobs.choices import FINAL
from foundation.tenancy.models import Tenant

if TYPE_CHECKING:
    from foundation.jobs.models import Job

log = logging.getLogger("sanad.projects")
DELETE = "projects.delete_project"


@transaction.atomic
def ask_to_delete(*, actor: Actor, project: Project, confirmation: str) -> Project:
    """Delete the archived project for ever when the wait is over; nothing changes until then.

    `confirmation` is its name or short name. Conflict names what projects in use made of its things.
    """
    policies.check_can_delete(actor, project)
    access.require_fresh(actor)
    policies.check_name_typed(project, confirmation)
    locked = locked_project(project)
    policies.check_is_archived(locked)
    if locked.deletion_due is None:
        policies.check_nothing_made_elsewhere(made_elsewhere(project=locked))
        policies.check_nothing_held(held_by_law(project=locked))
        now = database_now()
        locked.deletion_due = now + timedelta(days=settings.SANAD_PROJECT_DELETION_DAYS)
        locked.save(update_fields=["deletion_due"])
        ProjectDeletion.objects.create(tenant=actor.tenant, project=locked, asked_by=actor.user, asked_at=now)
        record(ProjectDeletionAsked(project_id=locked.pk, due=locked.deletion_due), actor, locked)
    return locked


@transaction.atomic
def keep_project(*, actor: Actor, project: Project) -> Project:
    """Take the deletion back, until it has begun: the project rests in the archive as before."""
    policies.check_can_delete(actor, project)
    locked = locked_project(project)
    policies.check_is_there(locked)
    if locked.deletion_due is not None:
        locked.deletion_due = None
        locked.save(update_fields=["deletion_due"])
        ProjectDeletion.objects.filter(project=locked).delete()
        record(ProjectDeletionUndone(project_id=locked.pk), actor, locked)
    return locked


def begin_deletions() -> int:
    """Begin what is due by the database's clock, and go on with what broke off; how many were given to workers."""

    def turn(tenant: Tenant) -> int:
        if tenancy.why_locked(tenant) or tenant.deletion_begun_at is not None:
            return 0
        rows = Project.objects.select_for_update(no_key=True).filter(tenant=tenant, deletion_due__lte=database_now())
        due = list(rows.order_by("pk"))
        for project in due:
            project.tenant = tenant
        return sum(_go_on(tenant, project) for project in _free(due))

    return tenancy.in_each(turn)


def _free(due: list[Project]) -> list[Project]:
    """Those that no project needs but such as go too: what made something of each other begins together."""
    going = {one.pk for one in due if one.deletion_begun_at is not None or not held_by_law(project=one)}
    waiting = [project for project in due if project.deletion_begun_at is None]
    needed_by = {project.pk: {one.project.pk for one in every_dependant(project=project)} for project in waiting}
    while kept := {pk for pk in going if not needed_by.get(pk, set()) <= going}:
        going -= kept
    for project in waiting:
        if project.pk not in going:
            log.warning(
                "The deletion of project %s waits for things of other projects, or for a legal hold", project.pk
            )
    return [project for project in due if project.pk in going]


def _go_on(tenant: Tenant, project: Project) -> bool:
    system = Actor.system(tenant, "leaving")
    if project.deletion_begun_at is None:
        return _begin(system, project)
    mine = jobs.visible_jobs(actor=system).filter(name=DELETE, subject_id=project.pk)
    if mine.exclude(state__in=FINAL).exists():
        return False
    _enqueue(system, project)
    return True


def _begin(system: Actor, project: Project) -> bool:
    """From here on nobody finds it, and nobody takes it back."""
    project.deletion_begun_at = database_now()
    project.save(update_fields=["deletion_begun_at"])
    record(ProjectDeletionBegun(project_id=project.pk), system, project)
    tenants.close_project(actor=system, project_id=project.pk, since=project.deletion_begun_at)
    _enqueue(system, project)
    return True


def _enqueue(system: Actor, project: Project) -> None:
    """The job is the tenant's, since of the project nothing stays; its title says no name."""
    title, subject = _("Delete a project for ever"), ("project", project.pk)
    jobs.enqueue(DELETE, actor=system, title=title, subject=subject, project=str(project.pk))


@jobs.on_cancel(DELETE)
def _deletion_broke_off(job: Job, sentence: str, actor: Actor) -> None:
    """What has begun is not taken back by ending its job: `begin_deletions` goes on with it within a minute."""
    log.warning("The deletion of project %s goes on by itself: %s", job.subject_id, sentence)
