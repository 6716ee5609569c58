"""The projects above this app, as it names them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from foundation.errors import NotFound
from foundation.identity import Actor


@dataclass(frozen=True)
class ProjectName:
    """A project as a token's limit names it."""

    id: UUID
    slug: str
    name: str


_project_names: list[Callable[[Actor], list[ProjectName]]] = []


def register_project_names(names: Callable[[Actor], list[ProjectName]]) -> None:
    """How the projects above this app are named here; given by apps.projects."""
    _project_names[:] = [names]


def projects_of(actor: Actor) -> list[ProjectName]:
    """The projects that are open to the actor."""
    return _project_names[0](actor) if _project_names else []


def project_named(actor: Actor, project_id: str) -> ProjectName:
    """The project of this id, where it is open to the actor."""
    for project in projects_of(actor):
        if str(project.id) == project_id:
            return project
    raise NotFound(_("There is no such project here, or it is not yours to see."))


def project_id_of(actor: Actor, slug: str) -> UUID:
    for project in projects_of(actor):
        if project.slug == slug:
            return project.id
    raise NotFound(_("There is no such project here, or it is not yours to see."))
