"""What a view over events declares, and how far it has come with them, for its page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse

from apps.datasets import selectors as datasets
from apps.features import selectors
from apps.features.choices import EventSource, KnownSince, WindowFunction
from apps.streams import selectors as streams
from foundation.web.requests import PortalRequest


def declared(request: PortalRequest, view: Any) -> dict[str, Any]:
    """Empty for SQL over versions; of SQL that follows a stream there are no aggregations."""
    if not view.windows:
        return {}
    told = view.windows.get("aggregations", [])
    aggregations = [{**one, "function": WindowFunction(one["function"]).label} for one in told]
    known = KnownSince(view.windows["known_since"])
    shown = view.created_column if known == KnownSince.COLUMN else known.label
    return {"aggregations": aggregations, "source": _source(request, view), "known": shown}


def following(request: PortalRequest, view: Any) -> dict[str, Any] | None:
    """Of a view that follows a stream: its progress, with moments as such, and the stream."""
    told = selectors.windows_progress(request.actor, view)
    if told is None or not told["follows"]:
        return None
    moments = {name: datetime.fromisoformat(told[name]) for name in ("newest_event", "advanced_at") if told[name]}
    return {**told, **moments, "stream": _source(request, view)}


def _source(request: PortalRequest, view: Any) -> dict[str, str]:
    """What it is called, its page and, of a stream, its state; neither where it is in the bin, or not the reader's."""
    source = view.windows["source"]
    if source["kind"] == EventSource.STREAM:
        seen = streams.streams_seen(actor=request.actor).filter(pk=source["id"]).first()
        if seen is None:
            return {"label": source["name"], "url": "", "state": ""}
        url = reverse("streams:stream_detail", args=[request.tenant.slug, request.project.slug, seen.pk])
        return {"label": source["name"], "url": url, "state": seen.state, "state_label": seen.get_state_display()}
    named = {str(v.pk): str(v) for v in datasets.visible_versions(actor=request.actor).filter(pk=source["id"])}
    return {"label": named.get(source["id"], ""), "url": ""}
