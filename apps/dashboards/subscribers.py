"""What other rooms tell these pages: that somebody has opened the page of a thing, and who can see it."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from apps.dashboards import services
from apps.dashboards.choices import PAGES
from apps.projects import services as projects
from foundation.clock import now
from foundation.web import pages, reach


def register() -> None:
    projects.register_pointer("dashboards.Visit", "object_id")
    pages.on_shown(note_visit)
    reach.register_panel(panel_address)


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
