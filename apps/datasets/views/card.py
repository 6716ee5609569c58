"""The card of a dataset: what people say of it in editions, beside what evidence says."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.datasets import policies, selectors, services
from apps.datasets.choices import ReportOutcome
from apps.datasets.views.things import address, dataset_of
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.web import redirect
from foundation.web.downloads import attached
from foundation.web.editions import edition, looked_at
from foundation.web.requests import PortalRequest


def part(request: PortalRequest, dataset: Any) -> dict[str, Any]:
    """What the tab needs; an edition that the address names is compared with the one before it."""
    found = selectors.card_facts(actor=request.actor, dataset=dataset, now=now())
    return {
        "card_facts": facts(request, dataset, found),
        **looked_at(selectors.about_card(dataset), request.GET.get("edition", "")),
        "may_restore": access.ask(policies.check_can_edit, request.actor, dataset),
    }


@access.page(Permission.DATASET_CREATE)
@require_POST
def card_restore(request: PortalRequest, tenant: str, project: str, dataset_id: UUID) -> HttpResponse:
    dataset = dataset_of(request, dataset_id)
    found = edition(selectors.about_card(dataset), request.POST.get("edition"))
    services.restore_card(actor=request.actor, dataset=dataset, number=found.number)
    messages.success(request, _("The text of edition %(number)d counts again, as a new edition.") % vars(found))
    return redirect(request, address(request, "dataset_detail", dataset.pk) + "?tab=card")


@access.page(Permission.DATASET_VIEW)
@require_GET
def card_file(request: PortalRequest, tenant: str, project: str, dataset_id: UUID) -> HttpResponseBase:
    dataset = dataset_of(request, dataset_id)
    text = services.card_as_markdown(actor=request.actor, dataset=dataset, now=now())
    return attached(text.encode(), name="card.md", kind="text/markdown; charset=utf-8")


def facts(request: PortalRequest, dataset: Any, found: Any) -> list[dict[str, Any]]:
    """Each fact with what proves it, and the page where that is seen."""
    here = address(request, "dataset_detail", dataset.pk)
    version = address(request, "version_detail", found.version.pk) if found.version else ""
    places = {
        "freshness": f"{here}?tab=versions",
        "expectations": f"{version}?tab=checks",
        "classes": f"{version}?tab=profile",
        "columns": f"{version}?tab=profile",
        "sources": address(request, "lineage", "dataset", dataset.pk),
        "consumers": address(request, "lineage", "dataset", dataset.pk),
    }
    rows = services.facts_in_words(dataset, found)
    tones = {ReportOutcome.BLOCKED: "bad", ReportOutcome.WARNED: "wait", ReportOutcome.QUARANTINED: "wait"}
    for row in rows:
        row["url"] = places.get(row["name"], version)
        if row["name"] == "expectations" and found.report:
            row["state"], row["tone"] = found.report.outcome, tones.get(found.report.outcome, "ok")
    return rows
