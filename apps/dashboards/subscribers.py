"""What other rooms tell these pages: that somebody has opened the page of a thing, and who can see it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from apps.dashboards import selectors, services
from apps.dashboards.choices import PAGES
from apps.datasets import services as datasets
from apps.projects import services as projects
from apps.tenants import services as tenants
from foundation import ledger
from foundation.clock import now
from foundation.identity import Actor
from foundation.ledger import RecordedEvent
from foundation.web import pages, reach, saved_filters


def register() -> None:
    projects.register_pointer("dashboards.Visit", "object_id")
    pages.on_shown(note_visit)
    reach.register_panel(panel_address)
    saved_filters.register(offered)
    ledger.subscribe("membership.removed", name="dashboards.forget_person", handler=forget_person)
    tenants.register_export("saved-filters", services.filter_part)
    datasets.register_reach(services.FilterMentionReach())


def forget_person(event: RecordedEvent) -> None:
    services.forget_person(tenant_id=event.tenant_id, user_id=UUID(event.payload["user_id"]))


def offered(request: HttpRequest, listed: saved_filters.Listed) -> list[saved_filters.Offered]:
    """The saved filters of the list that the page shows, as its head offers them."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    project = getattr(request, "project", None)
    rows = selectors.filters_of(actor=actor, listed=listed, project_id=project.pk if project else None)
    return [
        saved_filters.Offered(
            id=row.pk,
            name=row.name,
            query=row.query,
            mine=actor.user is not None and row.owner_id == actor.user.pk,
            shared=row.shared,
            owner=str(row.owner or ""),
            default=row.default,  # type: ignore[attr-defined]
        )
        for row in rows
    ]


def note_visit(request: HttpRequest) -> None:
    actor, match = getattr(request, "actor", None), request.resolver_match
    if actor is None or actor.user is None or match is None:
        return
    if match.view_name not in PAGES:
        return
    kind, name = PAGES[match.view_name]
    object_id = request.project.pk if kind == "project" else match.kwargs[name]  # type: ignore[attr-defined]
    services.note_visit(actor=actor, kind=kind, object_id=object_id, now=now())


def panel_address(request: HttpRequest) -> str:
    """The panel of a thing's page; empty for pages of no single thing."""
    actor, match = getattr(request, "actor", None), request.resolver_match
    if actor is None or match is None or match.view_name not in PAGES:
        return ""
    kind, name = PAGES[match.view_name]
    object_id = request.project.pk if kind == "project" else match.kwargs[name]  # type: ignore[attr-defined]
    return reverse("dashboards:who", args=[actor.tenant.slug, kind, object_id])
