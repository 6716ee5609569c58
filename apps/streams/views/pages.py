from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.streams import policies, selectors
from apps.streams.choices import ColumnType, Rule, StreamState
from apps.streams.views import presentation
from apps.streams.views.aside import event_address, reason
from apps.streams.views.tables import TONES, StreamFilter, StreamTable
from apps.streams.views.things import address, stream_of
from apps.tenants import selectors as tenants
from foundation import access
from foundation.access import Permission
from foundation.web import redirect, render_page
from foundation.web.history import history
from foundation.web.lake_tables import sample_rows
from foundation.web.requests import PortalRequest
from foundation.web.tables import build_table

_EVENTS_SHOWN, _VALUES_SHOWN = 20, 6
TABS = ("live", "quarantine", "settings", "activity")


@access.page(Permission.STREAM_VIEW)
@require_GET
def stream_list(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    rows = selectors.visible_streams(actor=request.actor, project_id=request.project.pk)
    states = list(rows.values_list("state", flat=True))
    context: dict[str, Any] = {
        "table": build_table(request, StreamTable, rows, filterset_class=StreamFilter),
        "count": len(states),
        "running": states.count(StreamState.RUNNING),
        "failed": states.count(StreamState.FAILED),
        "may_manage": access.ask(policies.check_can_manage, request.actor, request.project),
        "topic": f"project:{request.project.pk}",
    }
    return render_page(request, "streams/stream_list.html", **context)


@access.page(Permission.STREAM_VIEW)
@require_GET
def stream_detail(request: PortalRequest, tenant: str, project: str, stream_id: UUID) -> HttpResponse:
    stream = stream_of(request, stream_id)
    tab = request.GET.get("tab", "") if request.GET.get("tab") in TABS else TABS[0]
    context: dict[str, Any] = {
        "stream": stream,
        "tone": TONES[StreamState(stream.state)],
        "tab": tab,
        "tabs": _tabs(request, stream, tab),
        "stats": presentation.stats(stream),
        "may_manage": access.ask(policies.check_can_manage, request.actor, stream),
        "may_cut": access.ask(policies.check_can_cut, request.actor, stream),
        "may_pause": access.ask(policies.check_can_pause, request.actor, stream),
        "may_resume": access.ask(policies.check_can_resume, request.actor, stream),
        "may_delete": access.ask(policies.check_can_delete, request.actor, stream),
        **_PARTS[tab](request, stream),
    }
    return render_page(request, "streams/stream_detail.html", **context)


@access.page(Permission.STREAM_VIEW)
@require_GET
def stream_anywhere(request: PortalRequest, tenant: str, stream_id: UUID) -> HttpResponse:
    """On to its page in its project."""
    stream = selectors.get_stream(actor=request.actor, stream_id=stream_id)
    return redirect(request, reverse("streams:stream_detail", args=[tenant, stream.project.slug, stream.pk]))


def _live(request: PortalRequest, stream: Any) -> dict[str, Any]:
    """The newest rows are read as anybody reads the dataset's."""
    found: dict[str, Any] = {"snippets": presentation.push_snippets(request, stream) if stream.is_pushed else []}
    if access.can(request.actor, Permission.DATASET_VIEW, stream):
        newest = selectors.newest_rows(actor=request.actor, stream=stream)
        found["rows"] = sample_rows(newest) if newest is not None and newest.num_rows else None
    return found


def _quarantine(request: PortalRequest, stream: Any) -> dict[str, Any]:
    counts = selectors.aside_counts(actor=request.actor, stream=stream)
    aside = [{**row, "says": Rule(row["rule"]).label} for row in counts]
    found = selectors.aside_events(actor=request.actor, stream=stream, limit=_EVENTS_SHOWN) if counts else []
    events = [
        {**row, "says": reason(row), "url": event_address(request, stream.pk, row["place"]), "shown": _shown(row)}
        for row in found
    ]
    return {"aside": aside, "aside_count": sum(row["events"] for row in counts), "events": events}


def _shown(event: dict[str, Any]) -> list[tuple[str, str]]:
    """The values that fit, cut to what a line of a table has room for."""
    return [(name, value) for name, value in (event["fields"] or {}).items() if value is not None][:_VALUES_SHOWN]


def _settings(request: PortalRequest, stream: Any) -> dict[str, Any]:
    columns = [{**column, "label": ColumnType(column["type"]).label} for column in stream.columns]
    return {"columns": columns, "facts": presentation.facts(request, stream)}


def _activity(request: PortalRequest, stream: Any) -> dict[str, Any]:
    return {"history": history(request.actor, ("stream", stream.pk), names=tenants.names_of)}


_PARTS = {"live": _live, "quarantine": _quarantine, "settings": _settings, "activity": _activity}


def _tabs(request: PortalRequest, stream: Any, tab: str) -> list[dict[str, Any]]:
    labels = {"live": _("Live"), "quarantine": _("Quarantine"), "settings": _("Settings"), "activity": _("Activity")}
    own = address(request, "stream_detail", stream.pk)
    return [{"label": labels[name], "url": f"{own}?tab={name}", "current": name == tab} for name in TABS]
