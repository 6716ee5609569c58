"""What the pages of streams show, in words and figures."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, timedelta
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from apps.streams.choices import ColumnType
from foundation.clock import now
from foundation.web.requests import PortalRequest
from foundation.web.templatetags.sanad_format import ago, day, duration, number

_THESE_DAYS = timedelta(days=2)


def stats(stream: Any) -> list[dict[str, Any]]:
    late = _("%(count)s late") % {"count": number(stream.late_rows)} if stream.late_rows else ""
    replayed = _("%(count)s read again since") % {"count": number(stream.replayed)} if stream.replayed else ""
    return [
        {"label": _("Events a second"), "value": number(round(stream.per_second, 1), 1)},
        {"label": _("To be read"), "value": number(stream.lag), "note": _waits(stream)},
        {"label": _("Rows"), "value": number(stream.rows + stream.replayed), "note": late},
        {"label": _("Set aside so far"), "value": number(stream.quarantined), "note": replayed},
        *_left_out(stream),
        {"label": _("Last commit"), "value": ago(stream.committed_at) if stream.committed_at else "–"},
        {"label": _("Late before"), **_watermark(stream)},
    ]


def _left_out(stream: Any) -> list[dict[str, Any]]:
    """Said where there is something to say: most streams never meet a person who was erased."""
    if not stream.left_out:
        return []
    note = _("of people who were erased")
    return [{"label": _("Left out"), "value": number(stream.left_out), "note": note}]


def _watermark(stream: Any) -> dict[str, Any]:
    """How long ago, where events are of these days; of older ones the day says more. What it means stands below."""
    if not stream.watermark:
        told = _("no event has a time yet") if stream.event_time else _("no column says an event's time")
        return {"value": "–", "note": told}
    means = _("events of earlier times count as late")
    if now() - stream.watermark < _THESE_DAYS:
        return {"value": ago(stream.watermark), "note": means}
    at = f"{stream.watermark.astimezone(UTC):%H:%M:%S} UTC"
    return {"value": day(stream.watermark), "note": format_html('<bdi dir="ltr">{}</bdi> · {}', at, means)}


def _waits(stream: Any) -> str:
    return _("about") if stream.connection_id and stream.lag else ""


def facts(request: PortalRequest, stream: Any) -> list[dict[str, Any]]:
    place = [request.tenant.slug, request.project.slug]
    dataset = reverse("datasets:dataset_detail", args=[*place, stream.dataset_id])
    source: Any = _("Programs that send them to the portal")
    if stream.connection is not None:
        url = reverse("connections:connection_detail", args=[*place, stream.connection_id])
        source = format_html(
            '<a href="{}"><bdi>{}</bdi></a> · <bdi dir="ltr">{}</bdi>', url, stream.connection, stream.topic
        )
    timed = format_html("<bdi>{}</bdi>", stream.event_time) if stream.event_time else ""
    return [
        {
            "term": _("Feeds the dataset"),
            "value": format_html('<a href="{}"><bdi>{}</bdi></a>', dataset, stream.dataset),
        },
        {"term": _("Events come from"), "value": source},
        {"term": _("Begins"), "value": stream.get_begin_display()},
        {"term": _("Format"), "value": stream.get_format_display()},
        {"term": _("Column of the event's time"), "value": timed},
        {"term": _("May be late by"), "value": duration(stream.lateness) if stream.lateness else _("none")},
        {"term": _("An event that is later"), "value": stream.get_late_display()},
        {"term": _("Committed after"), "value": _committed(stream)},
        {"term": _("A version is made"), "value": _cut(stream)},
        {
            "term": _("Made"),
            "value": format_html("<bdi>{}</bdi> · {}", stream.created_by or "–", ago(stream.created_at)),
        },
    ]


def _committed(stream: Any) -> str:
    words = {"time": duration(stream.batch_seconds), "rows": number(stream.batch_rows)}
    return _("%(time)s, or %(rows)s events") % words


def _cut(stream: Any) -> str:
    said = str(stream.get_cut_display())
    return f"{said} ({number(stream.cut_rows)})" if stream.cut == "rows" else said


def push_snippets(request: PortalRequest, stream: Any) -> list[dict[str, str]]:
    """How a program sends events."""
    root = request.build_absolute_uri("/").rstrip("/")
    event = _example(stream)
    line = shlex.quote(json.dumps(event, ensure_ascii=False))
    curl = (
        f"curl -H 'Authorization: Bearer snd_…' -H 'Content-Type: application/x-ndjson' \\\n"
        f"  --data-binary {line} \\\n  {root}/api/v1/streams/{stream.pk}/events/"
    )
    python = (
        "from sanad.client import Client\n"
        f'client = Client("{root}", "snd_…", "{request.project.slug}")\n'
        f'with client.streams.sender("{stream.pk}") as sender:\n    sender.send({event!r})'
    )
    return [
        {"name": "Python", "code": python},
        {"name": "curl", "code": curl},
        {
            "name": "CLI",
            "code": f"echo {line} > events.jsonl\n"
            f"sanad --project {request.project.slug} stream push {stream.pk} events.jsonl",
        },
    ]


def _example(stream: Any) -> dict[str, Any]:
    """An event that the stream takes as it is: what has to be there, else its first columns, at a time of now."""
    wanted = [column for column in stream.columns if column.get("required")] or stream.columns[:3]
    at = now().astimezone(UTC)
    values = {
        ColumnType.WHOLE: 1,
        ColumnType.NUMBER: 1.5,
        ColumnType.FLAG: True,
        ColumnType.TIME: f"{at:%Y-%m-%dT%H:%M:%SZ}",
        ColumnType.DAY: f"{at:%Y-%m-%d}",
        ColumnType.NESTED: {},
    }
    return {column["name"]: values.get(ColumnType(column["type"]), "text") for column in wanted}
