from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from foundation.access import Verdict, public
from foundation.clock import now
from foundation.identity import Actor
from foundation.tenancy.models import Tenant
from foundation.web.pages import toast
from foundation.web.styleguide import samples
from foundation.web.tables import build_table

_open = public("Samples of components; it names no data of anybody, and it is served while developing only.")
PARTS = ("page", "lists", "forms", "views", "feedback")


def _while_developing() -> None:
    if not (settings.DEBUG or settings.TESTING):
        raise Http404


@_open
def guide(request: HttpRequest, part: str = "page") -> HttpResponse:
    """One part of the guide inside the real shell."""
    _while_developing()
    if part not in PARTS:
        raise Http404
    tenant = Tenant(id=UUID(int=0), slug="styleguide", name=_("Falcon Aviation"))
    actor = Actor("user", UUID(int=1), tenant, "Noura Al Suwaidi", role="scientist")
    request.actor, request.tenant = actor, tenant  # type: ignore[attr-defined]
    request.project = SimpleNamespace(slug="flights", name="flights-2013")  # type: ignore[attr-defined]
    if request.GET.get("toasts"):
        messages.success(request, _("Run 41 has started."))
        messages.error(request, _("The dataset could not be read: line 17 has 12 columns, the header has 11."))
    shell = {"actor": actor, "tenant": tenant, "project": request.project}  # type: ignore[attr-defined]
    return render(request, f"styleguide/{part}.html", {**shell, **_samples(request), "part": part, "tabs": _tabs(part)})


def _tabs(part: str) -> list[dict[str, Any]]:
    names = {"page": _("Page"), "lists": _("Lists"), "forms": _("Forms"), "views": _("Views"), "feedback": _("Feedback")}
    return [{"label": names[key], "url": f"/styleguide/{key}/", "current": key == part} for key in PARTS]


def _samples(request: HttpRequest) -> dict[str, Any]:
    moment = now()
    asked = samples.SampleFilter(request.GET or None)
    asked.is_valid()
    wanted = getattr(asked, "cleaned_data", {})
    found = [
        row
        for row in samples.rows(moment)
        if wanted.get("q", "") in row["name"] and wanted.get("state", "") in ("", row["state"])
    ]
    table = build_table(request, samples.SampleTable, found)
    table.filterset = SimpleNamespace(form=asked)  # type: ignore[assignment]
    nothing = build_table(request, samples.SampleTable, [])
    faulty = samples.SampleForm({"name": "late arrivals", "seed": "-3", "sql": "select 1"})
    return {
        "table": table, "nothing": nothing, "form": samples.SampleForm(initial={"sql": "select origin, time_hour,\n       wind_speed\nfrom weather\nwhere visib < 3"}),
        "faulty": faulty, "chain": samples.chain(moment), "broken": samples.chain(moment, broken=True), "jobs": _jobs(moment),
        "now": moment, "earlier": moment - timedelta(minutes=12), "long": samples.LONG, "digest": samples.DIGEST, "wave": [3, 4, 4, 6, 5, 8, 9, 7, 11, 14, 12],
        "histogram": {"edges": [0, 5, 10, 15, 20, 25, 30, 35, 40], "counts": [12, 40, 88, 120, 96, 51, 22, 6]},
        "then": {"edges": [0, 5, 10, 15, 20, 25, 30, 35, 40], "counts": [30, 80, 110, 100, 60, 30, 10, 2]},
        "refused": Verdict(allowed=False, reason=_("Only a model officer may decide. Ask Omar Haddad, or ask for the role.")),
        "snippets": _snippets(), **_lists(moment),
    }  # fmt: skip


def _lists(moment: Any) -> dict[str, Any]:
    facts = [
        {"term": _("Rows"), "value": "336,776"}, {"term": _("Digest"), "value": samples.DIGEST, "digest": True},
        {"term": _("Made from"), "value": "flights.csv.zip", "url": "#"}, {"term": _("Event time"), "value": None},
    ]  # fmt: skip
    stats = [
        {"label": _("Requests"), "value": "1,204", "unit": _("per minute"), "series": [3, 4, 6, 5, 8, 9, 7, 11]},
        {"label": _("p95 latency"), "value": "4.2", "unit": "ms", "note": _("limit 20 ms")},
        {"label": _("Errors"), "value": "0.02", "unit": "%", "state": "ok", "state_label": _("Within limit")},
        {"label": _("Drift"), "value": "3", "unit": _("features"), "state": "warning", "state_label": _("Look at it")},
    ]
    entries = [
        {"actor": "Omar Haddad", "text": _("approved the promotion of late-arrivals v4"), "at": moment - timedelta(minutes=4), "icon": "clipboard-check", "more": _("Reason: weather of winter was tested.")},
        {"actor": "Noura Al Suwaidi", "text": _("asked for promotion to production"), "at": moment - timedelta(hours=3), "icon": "message"},
        {"text": _("Run 41 succeeded"), "at": moment - timedelta(days=2), "icon": "flask", "url": "#"},
    ]  # fmt: skip
    heat = [
        {"label": name, "cells": [{"text": f"{(i * k % 5) / 10:.1f}", "step": i * k % 5} for i in range(1, 12)] + [{"step": None}]}
        for k, name in enumerate(("dep_hour", "wind_speed", "visib", "carrier"), 1)
    ]
    columns = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    key = [{"step": i, "label": label} for i, label in enumerate((_("none"), _("slight"), _("some"), _("strong"), _("alert")))]
    return {"facts": facts, "stats": stats, "entries": entries, "heat": heat, "columns": columns, "key": key}


def _jobs(moment: Any) -> list[SimpleNamespace]:
    def one(number: int, title: str, state: str, label: str, **more: Any) -> SimpleNamespace:
        blank = {"step": "", "percent": None, "started_at": None, "finished_at": None, "failure": ""}
        return SimpleNamespace(**{**blank, "id": number, "title": title, "state": state, "get_state_display": label, **more})

    return [
        one(1, _("Ingesting flights.csv"), "running", _("Running"), step=_("Writing rows"), percent=42.5, started_at=moment - timedelta(seconds=48)),
        one(2, _("Training late-arrivals"), "queued", _("Waiting"), step=_("All 2 places of class small are taken; 3 before this one.")),
        one(3, _("Ingesting weather.csv"), "succeeded", _("Done"), percent=100.0, started_at=moment, finished_at=moment),
        one(4, _("Ingesting broken.csv"), "failed", _("Failed"), finished_at=moment, failure=_("Line 17: a quote is opened and never closed.")),
    ]  # fmt: skip


def _snippets() -> list[dict[str, str]]:
    address = f"{settings.SANAD_PUBLIC_URL}/api/v1/runs"
    return [
        {"name": "curl", "code": f"curl -X POST {address} \\\n  -H 'Authorization: Bearer snd_…' \\\n  -d '{{\"project\": \"flights-2013\"}}'"},
        {"name": "Python", "code": "import sanad\n\nclient = sanad.Client()\nrun = client.runs.submit(project=\"flights-2013\")"},
        {"name": "CLI", "code": "sanad run submit --project flights-2013 --wait"},
    ]  # fmt: skip


@_open
def chart(request: HttpRequest, kind: str) -> HttpResponse:
    _while_developing()
    return JsonResponse(samples.chart(kind))


@_open
def log(request: HttpRequest) -> HttpResponse:
    _while_developing()
    text = samples.log_text().encode()
    offset = int(request.GET.get("offset", "0"))
    return HttpResponse(
        text[offset:], content_type="text/plain; charset=utf-8", headers={"X-Log-Offset": str(len(text)), "X-Log-Ended": "1"}
    )


@_open
def say(request: HttpRequest) -> HttpResponse:
    _while_developing()
    return toast(HttpResponse(status=204), _("Saved. Revision 7 takes 40 % of the traffic."), level="success")
