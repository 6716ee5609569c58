"""Reads, each limited to what the actor may see."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.projects.models import Project
from foundation import access, ledger
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor

_LAST_ACTS = 20


def visible_projects(*, actor: Actor) -> QuerySet[Project]:
    """The projects of the tenant that are open to the actor: by their role in it, or by one in the project."""
    rows = Project.objects.select_related("created_by")
    return access.visible(rows, actor, Permission.PROJECT_VIEW, field="pk")


def get_project(*, actor: Actor, slug: str) -> Project:
    return _found(visible_projects(actor=actor).filter(slug=slug).first())


def get_project_by_id(*, actor: Actor, project_id: UUID) -> Project:
    return _found(visible_projects(actor=actor).filter(pk=project_id).first())


def project_of_actor(*, actor: Actor) -> Project | None:
    """Where the actor worked last, by the ledger; else the newest project."""
    projects = {project.pk: project for project in visible_projects(actor=actor).order_by("-created_at")}
    if access.can(actor, Permission.LEDGER_VIEW) and actor.id is not None:
        for event in ledger.activity(actor, actor_id=actor.id, limit=_LAST_ACTS).events:
            if event.project_id in projects:
                return projects[event.project_id]
    return next(iter(projects.values()), None)


def _found(project: Project | None) -> Project:
    if project is None:
        raise NotFound(_("There is no such project here, or it is not yours to see."))
    return project
