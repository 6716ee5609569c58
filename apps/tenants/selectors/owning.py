"""Whose a limit is: the whole tenant's or a project's, and who sees the whole."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext as _

from foundation import access
from foundation.access import Permission
from foundation.identity import Actor


def sees_whole(actor: Actor | None) -> bool:
    """Whether the actor may see what the tenant uses and spends together; nobody known may not."""
    return actor is not None and access.can(actor, Permission.USAGE_VIEW) and actor.project_id is None


def name_of(project_id: UUID | None, names: Mapping[UUID, str]) -> str:
    """The words for whose limit it is; a project that the reader does not see goes by its id's beginning."""
    return _("The whole tenant") if project_id is None else names.get(project_id, str(project_id)[:8])
