"""The archive: a project is kept as it is, and brought back; and the lock under which something is begun in one."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from apps.projects import policies, selectors
from apps.projects.events import ProjectArchived, ProjectRestored
from apps.projects.models import Project
from apps.projects.services.recording import record
from foundation.access import archives
from foundation.clock import database_now
from foundation.identity import Actor


@transaction.atomic
def archive_project(*, actor: Actor, project: Project) -> Project:
    """Keep the project as it is: from now on it is read and never written to, until somebody brings it back.

    Conflict names what still serves, runs or waits in it. Nothing is deleted or stopped, and its storage counts on.
    """
    policies.check_can_archive(actor, project)
    locked = locked_project(project)
    if locked.archived_at is None:
        policies.check_nothing_works(selectors.at_work(project=locked))
        locked.archived_at, locked.archived_by = database_now(), actor.user
        locked.save(update_fields=["archived_at", "archived_by"])
        record(ProjectArchived(project_id=locked.pk), actor, locked)
    return locked


@transaction.atomic
def restore_project(*, actor: Actor, project: Project) -> Project:
    """Bring an archived project back, just as it was; one that is not archived stays as it is.

    Conflict where it is to be deleted: whoever may decides that first, in an act of its own.
    """
    policies.check_can_archive(actor, project)
    locked = locked_project(project)
    policies.check_stays(locked)
    if locked.archived_at is not None:
        locked.archived_at = locked.archived_by = None
        locked.save(update_fields=["archived_at", "archived_by"])
        record(ProjectRestored(project_id=locked.pk), actor, locked)
    return locked


def locked_project(project: Project) -> Project:
    """Under the lock of `hold_open`: whoever starts something here sees the archive, or it sees what they started."""
    lock_project(project_id=project.pk)
    return Project.objects.select_related("tenant").get(pk=project.pk)


def lock_project(*, project_id: UUID) -> None:
    """Wait for the project's row until the transaction ends; what is numbered within a project is numbered here."""
    # `no_key`: those who wait here wait for each other, but not for whoever inserts a row that points at the project.
    Project.objects.select_for_update(no_key=True).get(pk=project_id)


def hold_open(*, actor: Actor, project_id: UUID) -> None:
    """ProjectArchived where somebody archived the project since the actor came; until the transaction ends nobody does.

    Asked after the permission, by what would work or wait in an archive, and before any lock on what lies in the
    project: that is the order. A run, a feature view and a training set are numbered under the same lock, and their
    jobs ask.
    """
    lock_project(project_id=project_id)
    archives.require_open(actor.tenant_id, project_id)
