"""What lies behind a connection, and how one thing there looks before it is read in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.connections import policies, services
from apps.connections.choices import ThingKind
from apps.connections.views.things import connection_of
from foundation import access
from foundation.access import Permission
from foundation.errors import PortalError
from foundation.web import render_page
from foundation.web.lake_tables import sample_rows
from foundation.web.requests import PortalRequest

_MOST = 200


@access.page(Permission.DATASET_CREATE)
@require_GET
@never_cache
def connection_things(request: PortalRequest, tenant: str, project: str, connection_id: UUID) -> HttpResponse:
    """A part of the connection's page, fetched when it is seen: asking takes as long as the other side takes."""
    connection, prefix = connection_of(request, connection_id), request.GET.get("prefix", "")[:1000]
    context: dict[str, Any] = {"connection": connection, "prefix": prefix, "things": [], "problem": ""}
    try:
        found = services.things(
            actor=request.actor, connection=connection, project_id=request.project.pk, prefix=prefix, limit=_MOST + 1
        )
        listed = [{"thing": thing, "kind": ThingKind(thing.kind).label} for thing in found[:_MOST]]
        context |= {"things": listed, "more": len(found) > _MOST}
    except PortalError as refusal:
        context["problem"] = refusal.sentence
    return render_page(
        request, "connections/connection_things.html", part="connections/partials/things.html", **context
    )


@access.page(Permission.DATASET_CREATE)
@require_GET
@never_cache
def connection_preview(request: PortalRequest, tenant: str, project: str, connection_id: UUID) -> HttpResponse:
    connection, name = connection_of(request, connection_id), request.GET.get("place", "")[:2000]
    context: dict[str, Any] = {"connection": connection, "place": name, "described": None, "problem": ""}
    try:
        found = services.described(
            actor=request.actor, connection=connection, project_id=request.project.pk, place=name
        )
        context["described"] = found
        context["withheld"] = not policies.may_see_rows(request.actor, request.project.pk)
        context["sample"] = sample_rows(found.sample) if found.sample is not None and found.sample.num_rows else None
    except PortalError as refusal:
        context["problem"] = refusal.sentence
    return render_page(request, "connections/connection_preview.html", **context)
