"""Requests as the middleware hands them to views: types for their signatures, never made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

from foundation.identity import Actor

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from foundation.identity.models import User
    from foundation.tenancy.models import Tenant


class PersonRequest(HttpRequest):
    """A request of somebody signed in (`access.own`)."""

    user: User
    request_id: str
    htmx: HtmxDetails


class PortalRequest(PersonRequest):
    """A request inside a tenant (`access.page`); `project` is apps.projects' model on project pages."""

    actor: Actor
    tenant: Tenant
    project: Any


__all__ = ["PersonRequest", "PortalRequest"]
