"""The stream that an address names, in its project."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.streams import selectors
from foundation.errors import NotFound
from foundation.web.requests import PortalRequest


def stream_of(request: PortalRequest, stream_id: UUID) -> Any:
    stream = selectors.get_stream(actor=request.actor, stream_id=stream_id)
    if stream.project_id != request.project.pk:
        raise NotFound(_("There is no such stream, or it is not yours to see."))
    return stream


def address(request: PortalRequest, name: str, *args: Any) -> str:
    """The address of a page of this app in the request's project."""
    return reverse(f"streams:{name}", args=[request.tenant.slug, request.project.slug, *args])
