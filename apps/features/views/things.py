"""The things that addresses name: those of the page's project, never another's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.features import selectors
from apps.tenants import selectors as tenants
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.web.history import history
from foundation.web.requests import PortalRequest, in_project


def view_of(request: PortalRequest, view_id: UUID) -> Any:
    return in_project(request, selectors.get_view(actor=request.actor, view_id=view_id))


def on_demand_of(request: PortalRequest, on_demand_id: UUID, *, removed: bool = False) -> Any:
    found = selectors.get_on_demand_view(actor=request.actor, on_demand_id=on_demand_id, removed=removed)
    return in_project(request, found)


def training_set_of(request: PortalRequest, training_set_id: UUID) -> Any:
    return in_project(request, selectors.get_training_set(actor=request.actor, training_set_id=training_set_id))


def entity_of(request: PortalRequest, entity_id: UUID) -> Any:
    return in_project(request, selectors.get_entity(actor=request.actor, entity_id=entity_id))


def service_of(request: PortalRequest, service_id: UUID, *, binned: bool = False) -> Any:
    """With `binned` also one that lies in the bin, for its page."""
    found = selectors.get_binned_service(actor=request.actor, service_id=service_id) if binned else None
    return in_project(request, found or selectors.get_service(actor=request.actor, service_id=service_id))


def feature_of(request: PortalRequest, feature_id: UUID) -> Any:
    return in_project(request, selectors.get_feature(actor=request.actor, feature_id=feature_id))


def retrieval_of(request: PortalRequest, retrieval_id: UUID) -> Any:
    return in_project(request, selectors.get_retrieval(actor=request.actor, retrieval_id=retrieval_id))


def as_id(text: str) -> UUID:
    """An id out of a query string; what is none names nothing."""
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound(_("There is no such thing in this project.")) from error


def address(request: PortalRequest, name: str, *args: Any) -> str:
    """The address of a page of this app in the request's project."""
    return reverse(f"features:{name}", args=[request.tenant.slug, request.project.slug, *args])


def version_address(request: PortalRequest, version_id: Any) -> str:
    return reverse("datasets:version_detail", args=[request.tenant.slug, request.project.slug, version_id])


def tabs(here: str, shown: str, named: list[tuple[str, Any, Any]]) -> list[dict[str, Any]]:
    """Tabs whose address is the page with ?tab=…; the first has none."""
    first = named[0][0]
    return [
        {"label": label, "url": here if key == first else f"{here}?tab={key}", "current": key == shown, "count": count}
        for key, label, count in named
    ]


def kinds(request: PortalRequest, shown: str) -> list[dict[str, Any]]:
    """The ways to define a view, as tabs."""
    named = [("sql", _("By SQL"), "view_define"), ("windows", _("Windows over events"), "windows_define")]
    return [
        {"label": label, "url": address(request, route), "current": key == shown, "count": None}
        for key, label, route in named
    ]


def activity(request: PortalRequest, kind: str, thing: Any) -> dict[str, Any]:
    """What partials/activity.html takes: the newest of what happened to the thing, and where all of it stands.

    There it is filtered and taken as a file, by whoever may read the record of the project.
    """
    found = history(request.actor, (kind, thing.pk), names=tenants.names_of)
    may = access.can(request.actor, Permission.LEDGER_VIEW, thing)
    there = f"/t/{request.tenant.slug}/activity/?q={thing.pk}" if may else ""
    return {"history": found, "all_activity": there}


def client_lines(request: PortalRequest) -> str:
    """The first lines of a Python snippet: a client of this portal and project."""
    url, project = settings.SANAD_PUBLIC_URL, request.project.slug
    return f'from sanad import Client\n\nclient = Client("{url}", token="snd_…", project="{project}")\n'
