from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from foundation import access
from foundation.access import Permission
from foundation.errors import Conflict
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.projects.models import Project
    from apps.projects.selectors import AtWork


def check_can_create(actor: Actor) -> None:
    access.require(actor, Permission.PROJECT_CREATE)


def check_can_share(actor: Actor, project: Project) -> None:
    access.require(actor, Permission.PROJECT_SHARE, project)


def check_can_edit(actor: Actor, project: Project) -> None:
    access.require(actor, Permission.PROJECT_EDIT, project)


def check_can_archive(actor: Actor, project: Project) -> None:
    """The way back asks for the same, so that whoever archives a project can bring it back."""
    access.require(actor, Permission.PROJECT_ARCHIVE, project)


def check_nothing_works(at_work: Collection[AtWork]) -> None:
    """Whoever asks a deployment for predictions hears of its end from whoever ends it, not from an archive."""
    if at_work:
        named = "; ".join(f"{one.name}: {one.says}" for one in at_work)
        raise Conflict(
            _(
                "Something still serves, runs or waits here, and an archived project rests: %(named)s. End each first; "
                "Project settings, Archive, leads to them."
            )
            % {"named": named},
            details={"at_work": [{"kind": one.kind, "id": str(one.id), "name": one.name} for one in at_work]},
        )
