"""Archived projects: everything of them is read, and nothing is written there until they are brought back.

Which they are, every actor brings along, so that `checks.can` and `checks.require` refuse without a query; jobs act for
the portal too, so they ask here themselves (`require_open`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.errors import PortalError
from foundation.tenancy import scope

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from foundation.identity import Actor

_rows: list[Callable[[], QuerySet[Any]]] = []


class ProjectArchived(PortalError):
    """The project is archived, so it is as it was; somebody may bring it back."""

    status, slug = 423, "project-archived"


def register(rows: Callable[[], QuerySet[Any]]) -> None:
    """Which projects are archived, with tenant_id, name, archived_at and archived_by; given by apps.projects."""
    _rows[:] = [rows]


def of_tenant() -> dict[str, ArraySubquery]:
    """The ids of a tenant's archived projects, to annotate a membership or program with: `archived_ids`."""
    return {"archived_ids": ArraySubquery(_rows[0]().filter(tenant_id=OuterRef("tenant_id")).order_by().values("pk"))}


def in_tenant(tenant_id: UUID) -> dict[UUID, str]:
    """The same for an actor who is neither; in the tenant's scope."""
    return dict.fromkeys(_rows[0]().filter(tenant_id=tenant_id).values_list("pk", flat=True), "")


def refusal(actor: Actor, project_id: UUID | None) -> ProjectArchived:
    """What refuses the actor; read from the database once, however many buttons of a page say it."""
    if project_id is not None and not actor.archived.get(project_id):
        actor.archived[project_id] = _sentence(actor.tenant_id, project_id) or _gone()
    return ProjectArchived(actor.archived[project_id] if project_id else _gone())


def require_open(tenant_id: UUID, project_id: UUID | None) -> None:
    """ProjectArchived for work in a project that is archived now, whoever asked for it and when."""
    if project_id is not None and (sentence := _sentence(tenant_id, project_id)):
        raise ProjectArchived(sentence)


def _sentence(tenant_id: UUID, project_id: UUID) -> str:
    """Who archived it, when, and what to do; empty where it is not archived."""
    with scope(tenant_id):
        row = _rows[0]().select_related("archived_by").filter(tenant_id=tenant_id, pk=project_id).first()
    if row is None:
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
