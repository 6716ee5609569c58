"""The connection that an address names, as it is open to the page's project."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.connections import selectors
from foundation.web.requests import PortalRequest


def connection_of(request: PortalRequest, connection_id: UUID) -> Any:
    return selectors.get_connection(actor=request.actor, connection_id=connection_id, project_id=request.project.pk)


def address(request: PortalRequest, name: str, *args: Any) -> str:
    """The address of a page of this app in the request's project."""
    return reverse(f"connections:{name}", args=[request.tenant.slug, request.project.slug, *args])
