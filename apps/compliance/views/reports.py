from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from apps.compliance import policies, selectors, services
from apps.compliance.forms import ReportForm
from apps.compliance.views import presentation
from apps.compliance.views.tables import ReportTable
from apps.registry import selectors as registry
from apps.registry.choices import Stage
from foundation import access, jobs
from foundation.access import Permission
from foundation.web import redirect, render_page
from foundation.web.chain import chain_of
from foundation.web.downloads import shown
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest
from foundation.web.tables import build_table


@access.page(Permission.REPORT_VIEW)
@require_GET
def report_list(request: PortalRequest, tenant: str) -> HttpResponse:
    return _render_list(request, ReportForm(versions=_versions(request)))


@access.page(Permission.REPORT_CREATE)
def report_new(request: PortalRequest, tenant: str) -> HttpResponse:
    form = ReportForm(request.POST or None, versions=_versions(request))
    if request.method == "POST" and form.is_valid():
        version = registry.get_model_version(actor=request.actor, version_id=UUID(form.cleaned_data["model_version"]))
        with refusals_on(form):
            report = services.request_report(actor=request.actor, project=version.project, model_version_id=version.pk)
            return redirect(request, reverse("compliance:report_detail", args=[tenant, report.pk]))
    return _render_list(request, form, 422 if form.errors else 200)


@access.page(Permission.REPORT_VIEW)
@require_GET
def report_detail(request: PortalRequest, tenant: str, report_id: UUID) -> HttpResponse:
    report = selectors.get_report(actor=request.actor, report_id=report_id)
    context: dict[str, Any] = {
        "report": report,
        "chain": chain_of(request.actor, "model_version", report.model_version_id),
        "job": jobs.jobs_of(actor=request.actor, subject=("report", report.pk)).first(),
        "points": presentation.by_section(report.shown_points),
        "facts": presentation.report_facts(report),
        "history": presentation.timeline(request.actor, report.pk),
        "may_make": access.ask(policies.check_can_make_report, request.actor, report.model_version),
        "snippets": presentation.report_snippets(report),
    }
    return render_page(request, "compliance/report_detail.html", **context)


@access.page(Permission.REPORT_VIEW)
@require_GET
def report_file(request: PortalRequest, tenant: str, report_id: UUID, form: str) -> HttpResponse:
    if form not in {"pdf", "html"}:
        raise Http404
    report = selectors.get_report(actor=request.actor, report_id=report_id)
    content, name, digest = services.report_file(actor=request.actor, report=report, form=form)
    return shown(content, name=name, digest=digest)


def _versions(request: PortalRequest) -> Any:
    """The versions that a report can be made on: those in production first, then the newest."""
    unfinished = [Stage.REGISTERING, Stage.FAILED, Stage.CANCELLED]
    rows = registry.visible_versions(actor=request.actor).exclude(stage__in=unfinished)
    return sorted(rows.order_by("-created_at")[:200], key=lambda row: row.stage != Stage.PRODUCTION)


def _render_list(request: PortalRequest, form: ReportForm, status: int = 200) -> HttpResponse:
    may_see = access.can(request.actor, Permission.LEDGER_VIEW)
    standing = selectors.production_standing(actor=request.actor) if may_see else []
    context: dict[str, Any] = {
        "standing": [presentation.shown_standing(request.tenant.slug, row) for row in standing],
        "counts": presentation.counted(standing),
        "may_erase": access.can(request.actor, Permission.DATASET_DESTROY),
        "may_see": may_see,
        "form": form,
        "may_make": presentation.may_make_any(request.actor),
        "table": build_table(request, ReportTable, selectors.visible_reports(actor=request.actor)),
        "topic": f"tenant:{request.actor.tenant_id}",
    }
    return render_page(request, "compliance/report_list.html", status=status, **context)
