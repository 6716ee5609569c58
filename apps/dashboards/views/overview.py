from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from apps.dashboards import selectors, services
from apps.dashboards.views.addresses import address_of
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.web import redirect, render_page
from foundation.web.requests import PortalRequest


@access.page(Permission.PROJECT_VIEW)
@require_GET
def overview(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    found = selectors.overview(actor=request.actor, project=request.project, now=now())
    context: dict[str, Any] = {
        "overview": found,
        "served": [{"row": row, "url": _url(request, "deployment", row.deployment)} for row in found.served],
        "runs": [{"row": row, "url": _url(request, "run", row)} for row in found.runs],
        "alerts": [{"group": group, "url": _alerts_url(request, group)} for group in found.alerts],
        "datasets": [{"row": r, "fresh": fresh, "url": _url(request, "dataset", r)} for r, fresh in found.datasets],
        "may_deploy": access.can(request.actor, Permission.DEPLOYMENT_CHANGE, request.project),
        "done": sum(done for _step, done in found.steps),
        "root": f"/t/{tenant}/p/{project}/",
        "topic": f"project:{request.project.pk}",
    }
    return render_page(request, "dashboards/overview.html", **context)


@access.page(Permission.PROJECT_VIEW)
@require_POST
def dismiss(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    services.dismiss_getting_started(actor=request.actor, project=request.project, now=now())
    return redirect(request, reverse("dashboards:overview", args=[tenant, project]))


def _alerts_url(request: PortalRequest, group: Any) -> str:
    kind, pk = ("alert", group.alone) if group.alone else ("monitor", group.monitor_id)
    return address_of(tenant=request.tenant.slug, kind=kind, object_id=pk, project=group.project_slug)


def _url(request: PortalRequest, kind: str, row: Any) -> str:
    return address_of(tenant=request.tenant.slug, kind=kind, object_id=row.pk, project=request.project.slug)
