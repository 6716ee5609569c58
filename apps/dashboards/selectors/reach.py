"""Who can see a thing of any kind, and why."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.dashboards.selectors.things import KINDS, Thing, rows_of, shown
from apps.tenants import selectors as tenants
from apps.tenants.selectors import Reach
from foundation.errors import NotFound
from foundation.identity import Actor


def who_sees(*, actor: Actor, kind: str, object_id: UUID) -> tuple[Thing, list[Reach]]:
    """The thing, and everybody who may see it; NotFound where the actor may not see it themselves."""
    rows = rows_of(actor, kind)
    row = rows.filter(pk=object_id).first() if rows is not None else None
    if row is None:
        raise NotFound(_("There is no such thing here, or it is not yours to see."))
    permission, project_id = KINDS[kind].permission, getattr(row, "project_id", None)
    return shown(kind, row), tenants.who_can(actor=actor, permission=permission, project_id=project_id)
