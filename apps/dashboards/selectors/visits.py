from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from apps.dashboards.models import Visit
from apps.dashboards.selectors.things import Thing, things
from foundation.errors import NotFound
from foundation.identity import Actor

_MOST = 10


@dataclass(frozen=True)
class Visited:
    """A thing that the person opened, as it is now."""

    visit: Visit
    thing: Thing


def recent_visits(*, actor: Actor) -> list[Visited]:
    """What the person marked with a star, then what they opened last; what is gone or archived is left out."""
    if actor.user is None:
        return []
    rows = list(
        Visit.objects.filter(tenant_id=actor.tenant_id, user=actor.user).order_by("-starred", "-visited_at")[:_MOST]
    )
    wanted: dict[str, list[UUID]] = defaultdict(list)
    for row in rows:
        wanted[row.kind].append(row.object_id)
    found = {(kind, pk): t for kind, ids in wanted.items() for pk, t in things(actor=actor, kind=kind, ids=ids).items()}
    found = {place: thing for place, thing in found.items() if thing.project_id not in actor.archived}
    return [Visited(row, found[row.kind, row.object_id]) for row in rows if (row.kind, row.object_id) in found]


def get_visit(*, actor: Actor, visit_id: UUID) -> Visit:
    visit = (
        Visit.objects.filter(tenant_id=actor.tenant_id, user=actor.user, pk=visit_id).first() if actor.user else None
    )
    if visit is None:
        raise NotFound(_("You have not opened this, or it was forgotten since."))
    return visit
