"""Charts and files of runs, asked for by their pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.experiments import charts, selectors
from apps.experiments.views import detail, presentation
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.web import redirect, render_page
from foundation.web.requests import PortalRequest, in_project


@require_safe
@access.page(Permission.RUN_VIEW)
def run_chart(request: PortalRequest, tenant: str, project: str, run_id: UUID, name: str) -> JsonResponse:
    run = detail.run_of(request, run_id)
    if name == "curves":
        return JsonResponse(charts.curves(selectors.curve_histories(run)))
    drawn = {"importance": charts.importance, "calibration": charts.calibration}.get(name)
    if drawn is None:
        raise NotFound(_("There is no such chart."))
    document = selectors.report_of(run, name)
    if document is None:
        return JsonResponse({"data": [], "layout": {}, "said": _("This is measured when the run has finished.")})
    return JsonResponse(drawn(document))


@require_safe
@access.page(Permission.RUN_VIEW)
def run_file(request: PortalRequest, tenant: str, project: str, run_id: UUID, path: str) -> StreamingHttpResponse:
    run = detail.run_of(request, run_id)
    return _attachment(request, run.mlflow_run_id, path)


@require_safe
@access.page(Permission.RUN_VIEW)
def tracked_list(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    token = request.GET.get("after", "")
    runs, following = selectors.tracked_runs(actor=request.actor, project=request.project, page_token=token)
    snippets = presentation.mlflow_snippets(tenant, project)
    tabs = presentation.list_tabs(tenant, project, tracked=True)
    context: dict[str, Any] = {"runs": runs, "following": following, "snippets": snippets, "tabs": tabs}
    return render_page(request, "experiments/tracked_list.html", **context)


@require_safe
@access.page(Permission.RUN_VIEW)
def tracked_detail(request: PortalRequest, tenant: str, project: str, mlflow_run_id: str) -> HttpResponse:
    """A run by MLflow's id: the portal's own has its page, one that a client logged is shown as it was logged."""
    run = selectors.find_by_mlflow_id(actor=request.actor, mlflow_run_id=mlflow_run_id)
    if run is not None:
        known = in_project(request, run)
        return redirect(request, reverse("experiments:run_detail", args=[tenant, project, known.pk]))
    found = selectors.get_tracked(actor=request.actor, project=request.project, mlflow_run_id=mlflow_run_id)
    path = request.GET.get("path", "").strip("/")
    context: dict[str, Any] = {
        "found": found,
        "path": path,
        "crumbs": detail.crumbs(path),
        "entries": selectors.list_artifacts(
            actor=request.actor, project=request.project, mlflow_run_id=mlflow_run_id, path=path
        ),
        "snippets": presentation.mlflow_snippets(tenant, project, mlflow_run_id),
    }
    return render_page(request, "experiments/tracked_detail.html", **context)


@require_safe
@access.page(Permission.RUN_VIEW)
def tracked_chart(request: PortalRequest, tenant: str, project: str, mlflow_run_id: str) -> JsonResponse:
    found = selectors.tracked_histories(actor=request.actor, project=request.project, mlflow_run_id=mlflow_run_id)
    return JsonResponse(charts.curves(found))


@require_safe
@access.page(Permission.RUN_VIEW)
def tracked_file(
    request: PortalRequest, tenant: str, project: str, mlflow_run_id: str, path: str
) -> StreamingHttpResponse:
    return _attachment(request, mlflow_run_id, path)


def _attachment(request: PortalRequest, mlflow_run_id: str, path: str) -> StreamingHttpResponse:
    """A file that somebody logged: saved, never shown as a page of the portal's own."""
    reply = selectors.open_artifact(
        actor=request.actor, project=request.project, mlflow_run_id=mlflow_run_id, path=path
    )
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(path.rsplit('/', 1)[-1])}",
        "Content-Type": "application/octet-stream",
        "Content-Security-Policy": "sandbox",
        **({"Content-Length": reply.headers["content-length"]} if "content-length" in reply.headers else {}),
    }
    return StreamingHttpResponse(reply.body, headers=headers)
