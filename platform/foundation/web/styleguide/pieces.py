"""Facts, figures, entries, jobs and snippets for the style guide."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from foundation.web.styleguide import samples


def facts() -> list[dict[str, Any]]:
    return [
        {"term": _("Rows"), "value": "336,776"},
        {"term": _("Digest"), "value": samples.DIGEST, "digest": True},
        {"term": _("Made from"), "value": "flights.csv.zip", "url": "#"},
        {"term": _("Event time"), "value": None},
    ]


def stats() -> list[dict[str, Any]]:
    return [
        {"label": _("Requests"), "value": "1,204", "unit": _("per minute"), "series": [3, 4, 6, 5, 8, 9, 7, 11]},
        {"label": _("p95 latency"), "value": "4.2", "unit": "ms", "note": _("limit 20 ms")},
        {"label": _("Errors"), "value": "0.02", "unit": "%", "state": "ok", "state_label": _("Within limit")},
        {"label": _("Drift"), "value": "3", "unit": _("features"), "state": "warning", "state_label": _("Look at it")},
    ]


def entries(moment: datetime) -> list[dict[str, Any]]:
    return [
        {
            "actor": "the compliance officer",
            "text": _("approved the promotion of late-arrivals v4"),
            "at": moment - timedelta(minutes=4),
            "icon": "clipboard-check",
            "more": _("Reason: weather of winter was tested."),
        },
        {
            "actor": "the data scientist",
            "text": _("asked for promotion to production"),
            "at": moment - timedelta(hours=3),
            "icon": "message",
        },
        {"text": _("Run 41 succeeded"), "at": moment - timedelta(days=2), "icon": "flask", "url": "#"},
    ]


def heat() -> dict[str, Any]:
    rows = [
        {
            "label": name,
            "cells": [{"text": f"{(i * k % 5) / 10:.1f}", "step": i * k % 5} for i in range(1, 12)] + [{"step": None}],
        }
        for k, name in enumerate(("dep_hour", "wind_speed", "visib", "carrier"), 1)
    ]
    columns = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    key = [
        {"step": i, "label": label}
        for i, label in enumerate((_("none"), _("slight"), _("some"), _("strong"), _("alert")))
    ]
    return {"heat": rows, "columns": columns, "key": key}


def _job(number: int, title: str, state: str, label: str, **more: Any) -> SimpleNamespace:
    blank = {"step": "", "percent": None, "started_at": None, "finished_at": None, "failure": ""}
    return SimpleNamespace(**blank | more, id=number, title=title, state=state, get_state_display=label)


def jobs(moment: datetime) -> list[SimpleNamespace]:
    began = moment - timedelta(seconds=48)
    waits = _("All 2 places of class small are taken; 3 before this one.")
    fault = _("Line 17: a quote is opened and never closed.")
    rows = _("Writing rows")
    return [
        _job(1, _("Ingesting flights.csv"), "running", _("Running"), step=rows, percent=42.5, started_at=began),
        _job(2, _("Training late-arrivals"), "queued", _("Waiting"), step=waits),
        _job(3, _("Ingesting weather.csv"), "succeeded", _("Done"), started_at=began, finished_at=moment),
        _job(4, _("Ingesting broken.csv"), "failed", _("Failed"), finished_at=moment, failure=fault),
    ]


def drawings() -> dict[str, Any]:
    edges = [0, 5, 10, 15, 20, 25, 30, 35, 40]
    return {
        "wave": [3, 4, 4, 6, 5, 8, 9, 7, 11, 14, 12],
        "histogram": {"edges": edges, "counts": [12, 40, 88, 120, 96, 51, 22, 6]},
        "then": {"edges": edges, "counts": [30, 80, 110, 100, 60, 30, 10, 2]},
    }


def snippets() -> list[dict[str, str]]:
    address = f"{settings.SANAD_PUBLIC_URL}/api/v1/runs"
    curl = f"curl -X POST {address} \\\n  -H 'Authorization: Bearer snd_…' \\\n  -d '{{\"project\": \"flights-2013\"}}'"
    python = 'import sanad\n\nclient = sanad.Client()\nrun = client.runs.submit(project="flights-2013")'
    cli = "sanad run submit --project flights-2013 --wait"
    return [{"name": "curl", "code": curl}, {"name": "Python", "code": python}, {"name": "CLI", "code": cli}]
