from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from foundation import access
from foundation.access import Permission
from foundation.errors import AccessDenied
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.projects.models import Project


def check_can_create(actor: Actor) -> None:
    access.require(actor, Permission.PROJECT_CREATE)
    if actor.project_id is not None:
        raise AccessDenied(_("This token is limited to one project, so it cannot create another."))


def check_can_edit(actor: Actor, project: Project) -> None:
    access.require(actor, Permission.PROJECT_EDIT, project)
