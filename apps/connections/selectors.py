"""Reads of connections, each limited to what the actor may see. Secrets are opened in services alone."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.connections.models import Connection
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor


def visible_connections(
    *, actor: Actor, project_id: UUID | None = None, with_binned: bool = False
) -> QuerySet[Connection]:
    """Those of projects that are open to the actor, and those of all projects; with a project, what is read there.

    `with_binned`: also those that lie in the bin, which an archive takes along.
    """
    access.require_somewhere(actor, Permission.CONNECTION_VIEW)
    rows = Connection.everything if with_binned else Connection.objects
    return _open_to(actor, rows.all(), project_id)


def _open_to(actor: Actor, rows: QuerySet[Connection], project_id: UUID | None) -> QuerySet[Connection]:
    rows = rows.filter(tenant_id=actor.tenant_id).select_related("created_by", "project")
    if not access.can(actor, Permission.CONNECTION_VIEW):
        mine = access.granted_in(actor, Permission.CONNECTION_VIEW)
        rows = rows.filter(Q(project_id=None) | Q(project_id__in=mine))
    for limit in filter(None, (project_id, actor.project_id)):
        rows = rows.filter(Q(project_id=None) | Q(project_id=limit))
    return rows


def get_connection(*, actor: Actor, connection_id: UUID, project_id: UUID | None = None) -> Connection:
    """With a project: as long as it is open to that project."""
    found = visible_connections(actor=actor, project_id=project_id).filter(pk=connection_id).first()
    if found is None:
        if _open_to(actor, Connection.everything.exclude(binned_at=None), project_id).filter(pk=connection_id).exists():
            raise NotFound(_("This connection is in the bin: nothing is read through it. Restore it, or take another."))
        raise NotFound(_("There is no such connection, or it is not yours to see."))
    return found
