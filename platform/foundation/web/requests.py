"""Requests as the middleware hands them to views, and what an address may name inside them."""

from __future__ import annotations

from ipaddress import ip_address
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


def address_of(request: HttpRequest) -> str:
    """The caller's address, or nothing. The front door alone speaks through the Unix socket, and says for whom."""
    return an_address(request.META.get("REMOTE_ADDR")) or an_address(
        request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    )


def an_address(text: str | None) -> str:
    """The text where it is an address, else nothing."""
    try:
        return str(ip_address(text or ""))
    except ValueError:
        return ""


__all__ = ["PersonRequest", "PortalRequest", "address_of", "an_address", "in_project"]
