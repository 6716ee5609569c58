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

from foundation.access import Lacking, Permission, Verdict, public
from foundation.access.checks import missing
from foundation.clock import now
from foundation.identity import Actor
from foundation.tenancy.models import Tenant
from foundation.web.pages import toast
from foundation.web.styleguide import pieces, samples
from foundation.web.tables import PortalTable, build_table

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
    actor = Actor("user", UUID(int=1), tenant, "the data scientist", role="scientist")
    request.actor, request.tenant = actor, tenant  # type: ignore[attr-defined]
    request.project = SimpleNamespace(slug="flights", name="flights-2013")  # type: ignore[attr-defined]
    if request.GET.get("toasts"):
        messages.success(request, _("Run 41 has started."))
        messages.error(request, _("The dataset could not be read: line 17 has 12 columns, the header has 11."))
    shell = {"actor": actor, "tenant": tenant, "project": request.project}  # type: ignore[attr-defined]
    return render(request, f"styleguide/{part}.html", {**shell, **_samples(request), "part": part, "tabs": _tabs(part)})


def _tabs(part: str) -> list[dict[str, Any]]:
    names = {
        "page": _("Page"),
        "lists": _("Lists"),
        "forms": _("Forms"),
        "views": _("Views"),
        "feedback": _("Feedback"),
    }
    return [{"label": names[key], "url": f"/styleguide/{key}/", "current": key == part} for key in PARTS]


def _samples(request: HttpRequest) -> dict[str, Any]:
    moment = now()
    sql = "select origin, time_hour,\n       wind_speed\nfrom weather\nwhere visib < 3"
    faulty = {"name": "late arrivals", "seed": "-3", "sql": "select 1"}
    adding = Permission.DATASET_CREATE
    refusal = _("Only a model officer may decide. Ask the compliance officer, or ask for the role.")
    return {
        "table": _table(request),
        "form": samples.SampleForm(initial={"sql": sql}),
        "faulty": samples.SampleForm(faulty, auto_id="faulty_%s"),
        "chain": samples.chain(moment),
        "broken": samples.chain(moment, broken=True),
        "now": moment,
        "earlier": moment - timedelta(minutes=12),
        "long": samples.LONG,
        "digest": samples.DIGEST,
        "refused": Verdict(allowed=False, reason=refusal),
        "lacked": Verdict(allowed=False, reason=missing(adding), lacking=Lacking(adding)),
        "facts": pieces.facts(),
        "stats": pieces.stats(),
        "entries": pieces.entries(moment),
        "jobs": pieces.jobs(moment),
        "snippets": pieces.snippets(),
        **pieces.heat(),
        **pieces.drawings(),
    }


def _table(request: HttpRequest) -> PortalTable:
    asked = samples.SampleFilter(request.GET or None)
    asked.is_valid()
    wanted = getattr(asked, "cleaned_data", {})
    found = [row for row in samples.rows(now()) if samples.is_wanted(row, wanted)]
    table = build_table(request, samples.SampleTable, found)
    table.filterset = SimpleNamespace(form=asked)
    return table


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
        text[offset:],
        content_type="text/plain; charset=utf-8",
        headers={"X-Log-Size": str(len(text)), "X-Log-Ended": "true"},
    )


@_open
def say(request: HttpRequest) -> HttpResponse:
    _while_developing()
    return toast(HttpResponse(status=204), _("Saved. Revision 7 takes 40 per cent of the traffic."), level="success")
