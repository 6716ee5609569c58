"""Archived projects: everything of them is read, and nothing is written there until they are brought back.

One whose deletion has begun is archived too, and not there any more: nothing of it is found, read or written.

Which they are, every actor brings along, so that `checks.can`, `checks.require` and `checks.visible` refuse without a
query; jobs act for the portal too, so they ask here themselves (`require_open`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.errors import NotFound, PortalError
from foundation.tenancy import scope

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from foundation.identity import Actor

_rows: list[Callable[[], QuerySet[Any]]] = []


class ProjectArchived(PortalError):
    """The project is archived, so it is as it was; somebody may bring it back."""

    status, slug = 423, "project-archived"


def register(rows: Callable[[], QuerySet[Any]]) -> None:
    """Projects, with tenant_id, name, archived_at, archived_by and deletion_begun_at; given by apps.projects."""
    _rows[:] = [rows]


def of_tenant() -> dict[str, ArraySubquery]:
    """The ids of a tenant's archived projects, to annotate a membership or program with, for `brought_by`."""
    rows = _archived().filter(tenant_id=OuterRef("tenant_id")).order_by().values("pk")
    going = rows.filter(deletion_begun_at__isnull=False)
    return {"archived_ids": ArraySubquery(rows), "going_ids": ArraySubquery(going)}


def brought_by(row: Any) -> dict[str, Any]:
    """What an actor brings along of a membership or program that `of_tenant` annotated."""
    return {"archived": dict.fromkeys(row.archived_ids, ""), "going": frozenset(row.going_ids)}


def in_tenant(tenant_id: UUID) -> dict[str, Any]:
    """The same for an actor who is neither; in the tenant's scope."""
    found = dict(_archived().filter(tenant_id=tenant_id).values_list("pk", "deletion_begun_at"))
    return {"archived": dict.fromkeys(found, ""), "going": frozenset(pk for pk, begun in found.items() if begun)}


def refusal(actor: Actor, project_id: UUID | None) -> ProjectArchived:
    """What refuses the actor; read from the database once, however many buttons of a page say it."""
    if project_id is not None and not actor.archived.get(project_id):
        actor.archived[project_id] = _said_of(_found(actor.tenant_id, project_id)) or _gone()
    return ProjectArchived(actor.archived[project_id] if project_id else _gone())


def require_open(tenant_id: UUID, project_id: UUID | None, *, in_archive: bool = False) -> None:
    """ProjectArchived for work in a project that is archived now, whoever asked for it and when.

    NotFound for any work in one whose deletion has begun or is done, also for what goes on `in_archive`.
    """
    row = None if project_id is None else _found(tenant_id, project_id)
    if row is not None and row.deletion_begun_at is not None:
        raise not_there()
    if not in_archive and (sentence := _said_of(row)):
        raise ProjectArchived(sentence)


def not_there() -> NotFound:
    """What refuses anybody in a project whose deletion has begun."""
    return NotFound(_("There is no such project here, or it is not yours to see."))


def _archived() -> QuerySet[Any]:
    return _rows[0]().filter(archived_at__isnull=False)


def _found(tenant_id: UUID, project_id: UUID) -> Any:
    with scope(tenant_id):
        return _rows[0]().select_related("archived_by").filter(tenant_id=tenant_id, pk=project_id).first()


def _said_of(row: Any) -> str:
    """Who archived it, when, and what to do; empty where it is not archived."""
    if row is None or row.archived_at is None:
        return ""
    return _(
        "“%(project)s” is archived: %(who)s archived it on %(day)s. It can be read, and nothing in it changes. An "
        "administrator, of the organisation or of the project, brings it back under Project settings, Archive."
    ) % {
        "project": row.name,
        "who": row.archived_by or _("a program"),
        "day": timezone.localdate(row.archived_at).isoformat(),
    }


def _gone() -> str:
    return _("The project was brought back just now. Try again.")
