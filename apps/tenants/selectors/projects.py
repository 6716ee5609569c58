"""The projects above this app, as it names them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol
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


class ProjectNames(Protocol):
    """The projects that are open to an actor, by name: all of them, or those of these ids or of this short name.

    With `deleted` those that were deleted, whose name is a word of their short name.
    """

    def __call__(
        self, actor: Actor, *, ids: Collection[UUID] | None = None, slug: str | None = None, deleted: bool = False
    ) -> list[ProjectName]: ...


_project_names: list[ProjectNames] = []


def register_project_names(names: ProjectNames) -> None:
    """How the projects above this app are named here; given by apps.projects."""
    _project_names[:] = [names]


def projects_of(actor: Actor, *, ids: Collection[UUID] | None = None) -> list[ProjectName]:
    """The projects that are open to the actor; with `ids`, those of them."""
    return _project_names[0](actor, ids=ids) if _project_names else []


def deleted_projects_of(actor: Actor, *, ids: Collection[UUID]) -> list[ProjectName]:
    """Those of these ids that were deleted for ever: what they cost stays on the bill."""
    return _project_names[0](actor, ids=ids, deleted=True) if _project_names and ids else []


def shown_name(actor: Actor, project: ProjectName) -> str:
    """The name, marked where the project is archived: it is in no list, and what it keeps counts on."""
    return _("%(project)s (archived)") % {"project": project.name} if project.id in actor.archived else project.name


def sees_project(actor: Actor, project_id: UUID) -> bool:
    """Whether the project is open to the actor: one row is asked for, however many there are."""
    return bool(projects_of(actor, ids=[project_id]))


def project_named(actor: Actor, project_id: str) -> ProjectName:
    """The project of this id, where it is open to the actor."""
    return _one(projects_of(actor, ids=[pk]) if (pk := as_uuid(project_id)) else [])


def project_id_of(actor: Actor, slug: str) -> UUID:
    return _one(_project_names[0](actor, slug=slug) if _project_names else []).id


def as_uuid(text: str) -> UUID | None:
    """What somebody sent as an id; None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _one(found: list[ProjectName]) -> ProjectName:
    if not found:
        raise NotFound(_("There is no such project here, or it is not yours to see."))
    return found[0]
