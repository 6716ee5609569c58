"""What comes in again and again: the project's list, one with its runs, and what can be done with it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.datasets import policies, selectors, services
from apps.datasets.choices import VersionState
from apps.datasets.views.ingestion_tables import IngestionFilter, IngestionTable, RunTable
from apps.datasets.views.ingestion_words import facts, outcome, standing
from apps.datasets.views.things import address, ingestion_of
from apps.tenants import selectors as tenants
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.web import redirect, render_page
from foundation.web.calendars import day_in_words
from foundation.web.history import history
from foundation.web.pages import offer_undo, unchanged
from foundation.web.requests import PortalRequest
from foundation.web.tables import build_table
from foundation.words import said_now


@access.page(Permission.DATASET_VIEW)
@require_GET
def ingestion_list(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    rows = selectors.visible_ingestions(actor=request.actor, project_id=request.project.pk)
    context: dict[str, Any] = {
        "table": build_table(request, IngestionTable, rows, filterset_class=IngestionFilter),
        "count": rows.count(),
        "troubled": selectors.troubled_ingestions(actor=request.actor, project_id=request.project.pk).count(),
        "may_add": access.ask(policies.check_can_add, request.actor, request.project),
        "topic": f"project:{request.project.pk}",
    }
    return render_page(request, "datasets/ingestion_list.html", **context)


@access.page(Permission.DATASET_VIEW)
@require_GET
def ingestion_detail(request: PortalRequest, tenant: str, project: str, ingestion_id: UUID) -> HttpResponse:
    ingestion = ingestion_of(request, ingestion_id)
    # The page follows both itself and its last run.
    state = f"{ingestion.state} {ingestion.last_id} {ingestion.last_state}"
    if nothing_new := unchanged(request, state):
        return nothing_new
    rows = selectors.runs_of(actor=request.actor, ingestion=ingestion)
    context: dict[str, Any] = {
        "ingestion": ingestion,
        "dataset": ingestion.dataset,
        "standing": standing(ingestion),
        "outcome": outcome(ingestion),
        "busy": ingestion.last_state in {VersionState.INGESTING, VersionState.REVIEW},
        "state": state,
        "topic": f"ingestion:{ingestion.pk}",
        "facts": facts(ingestion, tenant=tenant, project=project),
        "runs": build_table(request, RunTable, rows),
        "may": access.ask(policies.check_can_add, request.actor, ingestion),
        "expected": services.expect_ingestion(actor=request.actor, ingestion=ingestion),
        "history": history(request.actor, ("ingestion", ingestion.pk), names=tenants.names_of),
        "last_failure": said_now(ingestion.last_words or {}, ingestion.last_failure or ""),
    }
    return render_page(request, "datasets/ingestion_detail.html", **context)


@access.page(Permission.DATASET_CREATE)
@require_POST
def ingestion_run(request: PortalRequest, tenant: str, project: str, ingestion_id: UUID) -> HttpResponse:
    version = services.run_ingestion(actor=request.actor, ingestion=ingestion_of(request, ingestion_id))
    messages.success(request, _("It is being read."))
    return redirect(request, address(request, "version_detail", version.pk))


@access.page(Permission.DATASET_CREATE)
@require_POST
def ingestion_pause(request: PortalRequest, tenant: str, project: str, ingestion_id: UUID) -> HttpResponse:
    services.pause_ingestion(actor=request.actor, ingestion=ingestion_of(request, ingestion_id))
    said = _("Nothing is due any more until it is resumed; what is being read goes on.")
    offer_undo(request, said, address(request, "ingestion_resume", ingestion_id))
    return redirect(request, address(request, "ingestion_detail", ingestion_id))


@access.page(Permission.DATASET_CREATE)
@require_POST
def ingestion_resume(request: PortalRequest, tenant: str, project: str, ingestion_id: UUID) -> HttpResponse:
    services.resume_ingestion(actor=request.actor, ingestion=ingestion_of(request, ingestion_id), now=now())
    messages.success(request, _("It is due again, from the next time on."))
    return redirect(request, address(request, "ingestion_detail", ingestion_id))


@access.page(Permission.DATASET_CREATE)
@require_POST
def ingestion_delete(request: PortalRequest, tenant: str, project: str, ingestion_id: UUID) -> HttpResponse:
    ingestion = ingestion_of(request, ingestion_id)
    binned = services.delete_ingestion(actor=request.actor, ingestion=ingestion)
    said = _("The ingestion “%(name)s” is in the bin until %(day)s. The versions that it brought stay.")
    words = {"name": binned.name, "day": day_in_words(binned.kept_until)}
    offer_undo(request, said % words, reverse("tenants:project_bin_restore", args=[tenant, project, binned.pk]))
    return redirect(request, f"{address(request, 'dataset_detail', ingestion.dataset_id)}?tab=ingestions")
