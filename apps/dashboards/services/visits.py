"""What a person's own pages keep: where they were, what they marked, what they put away; none of it on the ledger."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _

from apps.dashboards import selectors
from apps.dashboards.models import Dismissal, Visit
from foundation.errors import AccessDenied
from foundation.identity import Actor
from foundation.tenancy import in_each
from foundation.tenancy.models import Tenant

if TYPE_CHECKING:
    from apps.projects.models import Project

FORGET_AFTER = timedelta(days=90)


def note_visit(*, actor: Actor, kind: str, object_id: UUID, now: datetime) -> None:
    """Remember that the person opened this thing; one row for each thing, however often."""
    if actor.user is None:
        return
    seen = Visit(tenant_id=actor.tenant_id, user=actor.user, kind=kind, object_id=object_id, visited_at=now)
    Visit.objects.bulk_create(
        [seen],
        update_conflicts=True,
        unique_fields=["tenant", "user", "kind", "object_id"],
        update_fields=["visited_at"],
    )


def toggle_star(*, actor: Actor, visit_id: UUID) -> Visit:
    visit = selectors.get_visit(actor=actor, visit_id=visit_id)
    visit.starred = not visit.starred
    visit.save(update_fields=["starred"])
    return visit


def dismiss_getting_started(*, actor: Actor, project: Project, now: datetime) -> None:
    if actor.user is None:
        raise AccessDenied(_("Only a person has a list to hide."))
    Dismissal.objects.get_or_create(
        tenant_id=actor.tenant_id, user=actor.user, project_id=project.pk, defaults={"at": now}
    )


def forget_old_visits(*, now: datetime) -> int:
    """Drop what was visited more than 90 days ago and is not marked; how many rows went."""

    def forget(tenant: Tenant) -> int:
        old = Visit.objects.filter(tenant_id=tenant.pk, starred=False, visited_at__lt=now - FORGET_AFTER)
        return old.delete()[0]

    return in_each(forget)
