"""The palette: things by name, pages, and a few acts."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.dashboards import selectors
from apps.dashboards.views.addresses import address_of, list_of
from apps.dashboards.views.saved_filters import address_of_list
from apps.projects import selectors as projects
from apps.tenants import selectors as tenants
from foundation import access
from foundation.access import Permission
from foundation.web import finding, navigation, redirect, render_page
from foundation.web.requests import PortalRequest

_MOST_PAGES = 6
_MOST_SAVED = 5
_IN_PROJECT = re.compile(r"/t/(?P<tenant>[^/]+)/p/(?P<project>[^/]+)/")


@access.page(Permission.PROJECT_VIEW, own=True)
@require_GET
def search(request: PortalRequest, tenant: str) -> HttpResponse:
    words = request.GET.get("q", "").strip()
    saved = _saved(request, words)
    results = [*_things(request, words), *saved, *_people(request, words), *_pages(request, words)]
    results += _acts(request, words)
    part = "components/palette_results.html"
    return render_page(request, "dashboards/search.html", part=part, results=results, q=words)


@access.page(Permission.PROJECT_VIEW, own=True)
@require_GET
def go(request: PortalRequest, tenant: str, kind: str, object_id: UUID) -> HttpResponse:
    """On to the page of a thing of which only kind and id are known, as the ledger names it."""
    if listed := list_of(tenant=tenant, kind=kind):
        return redirect(request, listed)
    # Groups, webhooks and identity providers may lie in the bin.
    if place := tenants.place_of(actor=request.actor, kind=kind, thing_id=object_id):
        return redirect(request, reverse(f"tenants:{place.page}", args=[tenant, place.id]))
    thing = selectors.locate(actor=request.actor, kind=kind, object_id=object_id)
    url = address_of(tenant=tenant, kind=thing.kind, object_id=thing.id, project=thing.project_slug)
    return redirect(request, url)


def _things(request: PortalRequest, words: str) -> list[dict[str, Any]]:
    return [
        {
            "kind": thing.kind,
            "name": thing.name,
            "note": thing.note,
            "url": address_of(
                tenant=request.tenant.slug, kind=thing.kind, object_id=thing.id, project=thing.project_slug
            ),
        }
        for thing in selectors.search(actor=request.actor, words=words)
    ]


def _saved(request: PortalRequest, words: str) -> list[dict[str, Any]]:
    """Saved filters by a part of their name, each with the list that it is of."""
    if not words:
        return []
    found = selectors.visible_filters(actor=request.actor).filter(name__icontains=words)
    rows = [row for row in found if row.project_id not in request.actor.archived][:_MOST_SAVED]
    return [
        {"kind": "saved_filter", "name": row.name, "note": _list_of(row), "url": address_of_list(request, row)}
        for row in rows
    ]


def _list_of(row: Any) -> str:
    label = str(selectors.listed_of(row).label)
    return f"{label} · {row.project.name}" if row.project else label


def _pages(request: PortalRequest, words: str) -> list[dict[str, Any]]:
    """Places of the tenant; all of them while nothing is typed."""
    places = [place for place in navigation.tenant_places(request) if words.lower() in str(place.label).lower()]
    found = [{"kind": "page", "name": place.label, "url": place.url} for place in places]
    if words:
        root = f"/t/{request.tenant.slug}/"
        if project := _project_here(request):
            here = finding.project_pages_for(request.actor, project, words)
            found += [
                {"kind": "page", "name": page.label, "url": f"{root}p/{project.slug}/{page.path}"} for page in here
            ]
        pages = finding.pages_for(request.actor, words)
        found += [{"kind": "page", "name": page.label, "url": root + page.path} for page in pages]
    return found[:_MOST_PAGES]


def _project_here(request: PortalRequest) -> Any:
    """The project on whose page the palette was opened; None elsewhere, and where the actor may not see it."""
    here = _IN_PROJECT.match(urlsplit(request.headers.get("HX-Current-URL", "")).path)
    if here is None or here["tenant"] != request.tenant.slug:
        return None
    return projects.visible_projects(actor=request.actor).filter(slug=here["project"]).first()


def _people(request: PortalRequest, words: str) -> list[dict[str, Any]]:
    """Members, groups and programs, for whoever may see them; each with the page on which they are looked after."""
    if not words:
        return []
    found = tenants.found_people(actor=request.actor, words=words)
    return [{"kind": one.kind, "name": one.name, "note": one.note, "url": _page_of(request, one)} for one in found]


def _page_of(request: PortalRequest, one: tenants.FoundPerson) -> str:
    return reverse(f"tenants:{one.page}", args=[request.tenant.slug, *([one.id] if one.id else [])])


def _acts(request: PortalRequest, words: str) -> list[dict[str, Any]]:
    acts = [_choice(name, "language", value) for name, value in _languages(request)]
    acts += [_choice(name, "theme", value) for name, value in _themes()]
    if access.can(request.actor, Permission.PROJECT_CREATE):
        url = f"/t/{request.tenant.slug}/projects/new/"
        acts.append({"kind": "action", "name": _("New project"), "url": url})
    if access.can(request.actor, Permission.LEDGER_EXPORT):
        url = f"/t/{request.tenant.slug}/activity/record/"
        acts.append({"kind": "action", "name": _("Verify the ledger"), "url": url})
    return [act for act in acts if words.lower() in str(act["name"]).lower()]


def _languages(request: PortalRequest) -> list[tuple[str, str]]:
    # The other language stands in its own words too: whoever cannot read the page finds it.
    if request.LANGUAGE_CODE.startswith("ar"):
        return [(_("Switch to English") + " · English", "en")]
    return [(_("Switch to Arabic") + " · العربية", "ar")]


def _themes() -> list[tuple[str, str]]:
    return [(_("Light colours"), "light"), (_("Dark colours"), "dark"), (_("Colours as the device"), "system")]


def _choice(name: str, field: str, value: str) -> dict[str, Any]:
    return {"kind": "action", "name": name, "post": "/preferences/", "field": field, "value": value}
