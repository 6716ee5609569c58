"""Who can see a thing, and why."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from apps.dashboards import selectors
from apps.dashboards.views.addresses import address_of
from foundation import access
from foundation.access import Permission
from foundation.web import render_page
from foundation.web.requests import PortalRequest


@access.page(Permission.PROJECT_VIEW)
@require_GET
def who(request: PortalRequest, tenant: str, kind: str, object_id: UUID) -> HttpResponse:
    thing, people = selectors.who_sees(actor=request.actor, kind=kind, object_id=object_id)
    back = address_of(tenant=tenant, kind=kind, object_id=object_id, project=thing.project_slug)
    may_share = bool(thing.project_slug) and access.can(request.actor, Permission.PROJECT_SHARE, _inside(thing))
    context: dict[str, Any] = {"thing": thing, "people": people, "back": back, "may_share": may_share}
    return render_page(request, "dashboards/who.html", part="dashboards/partials/who.html", **context)


def _inside(thing: selectors.Thing) -> access.Inside:
    return access.Inside(thing.project_id)
