"""The portal's routes and three bad ones, to see that the harness reports what leaks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from foundation.tenancy import every_tenant, scope


def _anywhere(run_id: UUID) -> Any:
    """What a selector would be that looks through every tenant's rows."""
    from apps.experiments.models import Run

    for tenant in every_tenant():
        with scope(tenant.pk):
            if found := Run.objects.filter(pk=run_id).select_related("experiment").first():
                return found
    return None


def shows(request: HttpRequest, tenant: str, run_id: UUID) -> HttpResponse:
    return HttpResponse(_anywhere(run_id).failure)


def changes(request: HttpRequest, tenant: str, run_id: UUID) -> HttpResponse:
    run = _anywhere(run_id)
    with scope(run.tenant_id):
        type(run).objects.filter(pk=run_id).update(seed=run.seed + 1)
    return HttpResponse(status=204)


def tells_apart(request: HttpRequest) -> HttpResponse:
    """A list that narrows by a run, and says of one that it is not yours."""
    run = request.GET.get("run", "")
    return HttpResponse(status=403 if run and _anywhere(UUID(run)) else 404)


LEAKING = [
    path("t/<slug:tenant>/leaking/<uuid:run_id>/shows/", shows),
    path("t/<slug:tenant>/leaking/<uuid:run_id>/changes/", changes),
    path("api/v1/leaking/", tells_apart),
    path("t/<slug:tenant>/leaking/<uuid:widget_id>/", shows),
]
urlpatterns = [*LEAKING, path("", include("portal.urls"))]
