"""Whose a limit is: the whole tenant's or a project's, and who sees the whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.tenants.models import Budget, Quota
from apps.tenants.selectors.projects import projects_of, shown_name
from foundation import access
from foundation.access import Permission
from foundation.identity import Actor

Limit = TypeVar("Limit", Quota, Budget)


def sees_whole(actor: Actor | None) -> bool:
    """Whether the actor may see what the tenant uses and spends together; nobody known may not."""
    return actor is not None and access.can(actor, Permission.USAGE_VIEW) and actor.project_id is None


def seen_by(actor: Actor, rows: QuerySet[Limit]) -> tuple[list[Limit], dict[UUID, str]]:
    """Those that the actor may see, the tenant's first, and the names of their projects. Two statements."""
    found = list(rows)
    ids = [row.project_id for row in found if row.project_id is not None]
    names = {project.id: shown_name(actor, project) for project in projects_of(actor, ids=ids)} if ids else {}
    whole = sees_whole(actor)
    seen = [row for row in found if (whole if row.project_id is None else row.project_id in names)]
    return sorted(seen, key=lambda row: (row.project_id is not None, name_of(row.project_id, names))), names


def name_of(project_id: UUID | None, names: Mapping[UUID, str]) -> str:
    """The words for whose limit it is; a project that the reader does not see goes by its id's beginning."""
    return _("The whole tenant") if project_id is None else names.get(project_id, str(project_id)[:8])
