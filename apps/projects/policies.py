from __future__ import annotations

from typing import TYPE_CHECKING

from foundation import access
from foundation.access import Permission
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.projects.models import Project


def check_can_create(actor: Actor) -> None:
    access.require(actor, Permission.PROJECT_CREATE)


def check_can_share(actor: Actor, project: Project) -> None:
    access.require(actor, Permission.PROJECT_SHARE, project)


def check_can_edit(actor: Actor, project: Project) -> None:
    access.require(actor, Permission.PROJECT_EDIT, project)
