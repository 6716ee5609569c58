from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.http import JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.deployments import selectors as deployments
from apps.monitoring import charts, selectors
from apps.monitoring.views import presentation
from apps.monitoring.views.pages import monitor_of
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import NotFound
from foundation.web.requests import PortalRequest, in_project

_TRAFFIC = {"requests": charts.requests_chart, "latency": charts.latency_chart}
_SHOWN = timedelta(hours=3)


@access.page(Permission.MONITOR_VIEW)
@require_GET
def traffic(request: PortalRequest, tenant: str, project: str, deployment_id: UUID, name: str) -> JsonResponse:
    if name not in _TRAFFIC:
        raise NotFound(_("There is no such chart here."))
    deployment = in_project(request, deployments.get_deployment(actor=request.actor, deployment_id=deployment_id))
    rows = selectors.traffic(actor=request.actor, deployment_id=deployment.pk, since=now() - _SHOWN)
    return JsonResponse(_TRAFFIC[name](rows))


@access.page(Permission.MONITOR_VIEW)
@require_GET
def distribution(request: PortalRequest, tenant: str, project: str, monitor_id: UUID) -> JsonResponse:
    monitor = monitor_of(request, monitor_id)
    shown = presentation.shown_cells(request.actor, monitor, request.GET.get("version", ""))
    cell = presentation.chosen_cell(shown, request.GET.get("feature"), request.GET.get("window", ""))
    return JsonResponse(charts.distribution_chart(cell))


@access.page(Permission.MONITOR_VIEW)
@require_GET
def predictions(request: PortalRequest, tenant: str, project: str, monitor_id: UUID) -> JsonResponse:
    monitor = monitor_of(request, monitor_id)
    shown = presentation.shown_cells(request.actor, monitor, request.GET.get("version", ""))
    return JsonResponse(charts.prediction_chart(shown.cells))
