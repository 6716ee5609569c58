from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from apps.dashboards.models import ListDefault, SavedFilter
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.web.saved_filters import LISTS, Listed


def visible_filters(*, actor: Actor) -> QuerySet[SavedFilter]:
    """The person's own, and those shared with them, of lists that they may open; `default` says which opens theirs."""
    # Those of lists of the organisation are in no project, so its permissions do not narrow them.
    rows = access.visible(SavedFilter.objects.all(), actor, Permission.PROJECT_VIEW, own=Q(project__isnull=True))
    mine = Q(owner=actor.user) if actor.user else Q(pk__in=[])
    opened = [listed for listed in LISTS.values() if _opens(actor, listed)]
    inside = Q(project__isnull=False, path__in=[listed.path for listed in opened if listed.in_project])
    outside = Q(project__isnull=True, path__in=[listed.path for listed in opened if not listed.in_project])
    chosen = ListDefault.objects.filter(chosen=OuterRef("pk"), user=actor.user)
    rows = rows.filter(mine | Q(shared=True)).filter(inside | outside)
    return rows.select_related("owner", "project").annotate(default=Exists(chosen)).order_by("name", "pk")


def filters_of(*, actor: Actor, listed: Listed, project_id: UUID | None) -> QuerySet[SavedFilter]:
    """Those of one list."""
    of = Q(project_id=project_id) if project_id else Q(project=None)
    return visible_filters(actor=actor).filter(of, path=listed.path)


def get_filter(*, actor: Actor, filter_id: UUID) -> SavedFilter:
    found = visible_filters(actor=actor).filter(pk=filter_id).first()
    if found is None:
        raise NotFound(_("There is no such saved filter, or it is not shared with you."))
    return found


def listed_of(saved: SavedFilter) -> Listed:
    return LISTS[saved.path, saved.project_id is not None]


def _opens(actor: Actor, listed: Listed) -> bool:
    if listed.own and access.reads_own(actor, listed.permission):
        return True
    return access.can_somewhere(actor, listed.permission)
