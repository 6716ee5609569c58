from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.datasets import forms, policies, selectors, services
from apps.datasets.choices import ACCEPTED_ENDINGS, VersionState
from apps.datasets.views import card, checks, exporting, parts, presentation
from apps.datasets.views.tables import DatasetFilter, DatasetTable
from apps.datasets.views.things import address, dataset_of
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.web import redirect, render_page
from foundation.web.chain import chain_of
from foundation.web.editing import alone
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest
from foundation.web.tables import build_table

_NEEDS_SOMEBODY = {VersionState.INGESTING, VersionState.REVIEW, VersionState.FAILED, VersionState.CANCELLED}


@access.page(Permission.DATASET_VIEW)
@require_GET
def dataset_list(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    rows = selectors.visible_datasets(actor=request.actor, project_id=request.project.pk)
    context: dict[str, Any] = {
        "table": build_table(request, DatasetTable, rows, filterset_class=DatasetFilter),
        "summary": selectors.summary(actor=request.actor, project_id=request.project.pk, now=now()),
        "may_add": access.ask(policies.check_can_add, request.actor, request.project),
        "snippets": presentation.push_snippets(request),
        "accept": ",".join(ACCEPTED_ENDINGS),
        "topic": f"project:{request.project.pk}",
    }
    return render_page(request, "datasets/dataset_list.html", **context)


@access.page(Permission.DATASET_VIEW)
@require_GET
def dataset_detail(request: PortalRequest, tenant: str, project: str, dataset_id: UUID) -> HttpResponse:
    dataset = dataset_of(request, dataset_id)
    rows = selectors.visible_versions(actor=request.actor, dataset_id=dataset.pk)
    version, last = selectors.latest_ready(dataset), rows.first()
    tab, shown = _tab(request, version), version or last
    context: dict[str, Any] = {
        "dataset": dataset,
        "version": version,
        "export_files": exporting.export_files(request, version) if version else [],
        "last": last if last and last != version and last.state in _NEEDS_SOMEBODY else None,
        "tab": tab,
        "tabs": _tabs(request, dataset, version, tab, rows.count()),
        "chain": chain_of(request.actor, "dataset_version", shown.pk) if shown else [],
        "freshness": selectors.freshness(dataset, now=now()),
        "may_add": access.ask(policies.check_can_add, request.actor, dataset),
        "holds": selectors.holds_of_dataset(actor=request.actor, dataset_id=dataset.pk),
        "may_retire": access.ask(policies.check_can_retire, request.actor, dataset),
        "rule": selectors.rule_of(dataset),
        "may_hold": access.ask(policies.check_can_hold, request.actor, dataset),
        "may_edit": access.ask(policies.check_can_edit, request.actor, dataset),
        "aside": selectors.rows_aside(actor=request.actor, dataset_id=dataset.pk),
        **_part(request, dataset, version, tab),
    }
    return render_page(request, "datasets/dataset_detail.html", **context)


@access.page(Permission.DATASET_CREATE)
def dataset_edit(request: PortalRequest, tenant: str, project: str, dataset_id: UUID) -> HttpResponse:
    alone(request)
    dataset = dataset_of(request, dataset_id)
    initial = forms.EditForm.initial_of(dataset.description, dataset.freshness_promise)
    form = forms.EditForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        with refusals_on(form):
            services.edit_dataset(actor=request.actor, dataset=dataset, **form.changes())
            messages.success(request, _("Saved."))
            return redirect(request, address(request, "dataset_detail", dataset.pk))
    status = 422 if form.errors else 200
    return render_page(request, "datasets/dataset_edit.html", status=status, form=form, dataset=dataset)


def _tab(request: PortalRequest, version: Any) -> str:
    asked = request.GET.get("tab", "")
    if version is None:
        return asked if asked in {"activity", "card", "checks", "ingestions"} else "versions"
    return asked if asked in {*parts.OF_VERSION, "card", "versions", "ingestions"} else "preview"


def _part(request: PortalRequest, dataset: Any, version: Any, tab: str) -> dict[str, Any]:
    if tab == "versions":
        return parts.versions(request, dataset)
    if tab == "checks":
        return checks.of_dataset(request, dataset, version)
    if tab == "ingestions":
        return parts.ingestions(request, dataset)
    if tab == "card":
        return card.part(request, dataset)
    if tab == "activity":
        return parts.of_dataset(request, dataset)
    return parts.OF_VERSION[tab](request, version)


def _tabs(request: PortalRequest, dataset: Any, version: Any, tab: str, count: int) -> list[dict[str, Any]]:
    about_rows = [("preview", _("Rows"), None), ("profile", _("Columns"), len(version.schema))] if version else []
    coming = selectors.visible_ingestions(actor=request.actor, dataset_id=dataset.pk).count()
    lineage = [("lineage", _("Lineage and use"), None)] if version else []
    named = [
        *about_rows,
        ("versions", _("Versions"), count),
        ("ingestions", _("Ingestions"), coming),
        ("checks", _("Expectations"), None),
        *lineage,
        ("card", _("Card"), None),
        ("activity", _("Activity"), None),
    ]
    return presentation.tabs(address(request, "dataset_detail", dataset.pk), tab, named)
