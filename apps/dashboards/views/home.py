from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from apps.approvals import selectors as approvals
from apps.approvals.choices import CaseState
from apps.dashboards import selectors, services
from apps.dashboards.choices import Step
from apps.dashboards.views.addresses import address_of
from apps.datasets.choices import VersionState
from apps.projects import selectors as projects
from apps.tenants import selectors as tenants
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.web import redirect, render_page
from foundation.web.requests import PortalRequest

_UNWELL = {"alert", "ingestion", "monitor", "run", "ledger"}


@access.page(Permission.PROJECT_VIEW, own=True)
@require_GET
def home(request: PortalRequest, tenant: str) -> HttpResponse:
    moment = now()
    rows = selectors.waiting(actor=request.actor, now=moment)
    waits = _addressed(request, rows)
    if not access.can_somewhere(request.actor, Permission.PROJECT_VIEW):
        return _without_project(request, waits)
    visited = selectors.recent_visits(actor=request.actor)
    context: dict[str, Any] = {
        "waiting": waits,
        "waiting_count": selectors.waiting_count(actor=request.actor, now=moment, listed=rows),
        "unwell": sum(row.kind in _UNWELL or row.state == VersionState.FAILED for row in rows),
        "projects": selectors.projects_by_activity(actor=request.actor),
        "visited": [{"row": row, "url": _address(request, row.thing)} for row in visited],
        "may_create": access.ask(lambda who: access.require(who, Permission.PROJECT_CREATE), request.actor),
        "project_count": projects.open_projects(actor=request.actor).count(),
        "snippets": _snippets(),
        "first_steps": _placed(request, selectors.first_steps(actor=request.actor, now=moment)),
        "elsewhere": tenants.zone_trouble(actor=request.actor),
        "cost": tenants.month_cost(actor=request.actor, now=moment),
        "topic": f"tenant:{request.actor.tenant_id}",
    }
    return render_page(request, "dashboards/home.html", **context)


@access.page(Permission.PROJECT_VIEW, own=True)
@require_GET
def notifications(request: PortalRequest, tenant: str) -> HttpResponse:
    moment = now()
    rows = selectors.waiting(actor=request.actor, now=moment)
    context: dict[str, Any] = {
        "waiting": _addressed(request, rows),
        "count": selectors.waiting_count(actor=request.actor, now=moment, listed=rows),
        "topic": f"tenant:{request.actor.tenant_id}",
    }
    return render_page(request, "dashboards/notifications.html", **context)


@access.page(Permission.PROJECT_VIEW, own=True)
@require_GET
def notification_count(request: PortalRequest, tenant: str) -> HttpResponse:
    count = selectors.waiting_count(actor=request.actor, now=now())
    return render(request, "dashboards/partials/bell.html", {"count": count, "known": True})


@access.page(Permission.PROJECT_VIEW)
@require_POST
def star(request: PortalRequest, tenant: str, visit_id: UUID) -> HttpResponse:
    services.toggle_star(actor=request.actor, visit_id=visit_id)
    return redirect(request, reverse("dashboards:home", args=[tenant]))


def _placed(request: PortalRequest, steps: list[tuple[Step, bool]]) -> list[dict[str, Any]]:
    root = reverse("dashboards:home", args=[request.tenant.slug])
    return [
        {"label": step.label, "done": done, "url": step.place if step.place.startswith("/") else root + step.place}
        for step, done in steps
    ]


def _without_project(request: PortalRequest, waits: list[dict[str, Any]]) -> HttpResponse:
    """The home of somebody who was let in and to whom no project is open yet."""
    actor = request.actor
    context: dict[str, Any] = {
        "waiting": waits,
        "administrators": tenants.people_who_may(actor=actor, permission=Permission.MEMBER_MANAGE),
        "asked": approvals.asked_by(actor=actor).filter(state=CaseState.OPEN),
        "lacking": access.Lacking(Permission.PROJECT_VIEW),
        "topic": f"tenant:{actor.tenant_id}",
    }
    return render_page(request, "dashboards/home_without_project.html", **context)


def _addressed(request: PortalRequest, rows: list[selectors.Waiting]) -> list[dict[str, Any]]:
    return [{"kind": row.kind, "row": row, "url": _address(request, row)} for row in rows]


def _address(request: PortalRequest, row: Any) -> str:
    return address_of(tenant=request.tenant.slug, kind=row.kind, object_id=row.id, project=row.project_slug)


def _snippets() -> list[dict[str, str]]:
    sign_in = f"sanad login --url {settings.SANAD_PUBLIC_URL} --token snd_…"
    return [{"name": "CLI", "code": f"{sign_in}\nsanad project create my-project --purpose '…'"}]
