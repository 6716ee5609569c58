"""Requests as the middleware hands them to views, and what an address may name inside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.http import HttpRequest
from django.utils.translation import gettext as _

from foundation.errors import NotFound
from foundation.identity import Actor

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from foundation.identity.models import User
    from foundation.tenancy.models import Tenant


Thing = TypeVar("Thing")


class PersonRequest(HttpRequest):
    """A request of somebody signed in (`access.own`); a type for signatures, never made."""

    user: User
    request_id: str
    htmx: HtmxDetails


class PortalRequest(PersonRequest):
    """A request inside a tenant (`access.page`); `project` is apps.projects' model on project pages."""

    actor: Actor
    tenant: Tenant
    project: Any


def in_project(request: PortalRequest, thing: Thing) -> Thing:
    """The thing, where it is of the project in the address; under another project's address there is no such thing."""
    if thing.project_id != request.project.pk:  # type: ignore[attr-defined]
        raise NotFound(_("There is no such thing in this project."))
    return thing


__all__ = ["PersonRequest", "PortalRequest", "in_project"]
