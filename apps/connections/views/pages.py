from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.connections import policies, selectors, services
from apps.connections.choices import SETTINGS, ConnectionKind, Standing
from apps.connections.views.tables import TONES, ConnectionFilter, ConnectionTable
from apps.connections.views.things import connection_of
from apps.projects import selectors as projects
from apps.tenants import selectors as tenants
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.web import redirect, render_page
from foundation.web.history import history
from foundation.web.requests import PortalRequest
from foundation.web.tables import build_table

_MOST_LINES = 20


@access.page(Permission.CONNECTION_VIEW)
@require_GET
def connection_list(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    rows = selectors.visible_connections(actor=request.actor, project_id=request.project.pk)
    standings = list(rows.values_list("standing", flat=True))
    context: dict[str, Any] = {
        "table": build_table(request, ConnectionTable, rows, filterset_class=ConnectionFilter),
        "count": len(standings),
        "broken": standings.count(Standing.BROKEN),
        "may_manage": access.ask(policies.check_can_manage, request.actor, request.project.pk),
        "topic": f"project:{request.project.pk}",
    }
    return render_page(request, "connections/connection_list.html", **context)


@access.page(Permission.CONNECTION_VIEW)
@require_GET
def connection_detail(request: PortalRequest, tenant: str, project: str, connection_id: UUID) -> HttpResponse:
    connection = connection_of(request, connection_id)
    context: dict[str, Any] = {
        "connection": connection,
        "tone": TONES[Standing(connection.standing)],
        "settings": _told(connection),
        "readers": services.readers_of(connection),
        "may_manage": access.ask(policies.check_can_manage, request.actor, connection.project_id),
        "may_use": access.ask(policies.check_can_use, request.actor, connection, request.project.pk),
        "history": history(request.actor, ("connection", connection.pk), names=tenants.names_of),
    }
    return render_page(request, "connections/connection_detail.html", **context)


@access.page(Permission.CONNECTION_VIEW)
@require_GET
def connection_anywhere(request: PortalRequest, tenant: str, connection_id: UUID) -> HttpResponse:
    """On to its page in its project; one that is open to all is shown in the project where the reader was last."""
    connection = selectors.get_connection(actor=request.actor, connection_id=connection_id)
    project = connection.project or projects.project_of_actor(actor=request.actor)
    if project is None:
        raise NotFound(_("Connections are shown in a project, and none is open to you."))
    return redirect(request, reverse("connections:connection_detail", args=[tenant, project.slug, connection.pk]))


def _said(setting: Any, said: dict[str, Any]) -> dict[str, Any]:
    value = said.get(setting.name, "")
    if setting.choices:
        value = dict(setting.choices).get(value, value)
    shown: dict[str, Any] = {"label": setting.label, "value": value, "flag": isinstance(value, bool)}
    if setting.kind != "lines" or not value:
        return shown
    if setting.name == "authority":
        return {**shown, "given": True}
    lines = str(value).split()
    return {**shown, "lines": lines[:_MOST_LINES], "more": len(lines[_MOST_LINES:])}


def _told(connection: Any) -> list[dict[str, Any]]:
    """What it is told, without what its way of signing in makes no use of."""
    said, known = connection.settings, SETTINGS[ConnectionKind(connection.kind)]
    used = [one for one in known if not one.ways or said.get("sign_in") in one.ways]
    return [_said(one, said) for one in used if not one.secret]
