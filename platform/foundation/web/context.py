from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def portal(request: HttpRequest) -> dict[str, Any]:
    """What the shell of every page needs."""
    return {
        "actor": getattr(request, "actor", None),
        "tenant": getattr(request, "tenant", None),
        "project": getattr(request, "project", None),
        "request_id": getattr(request, "request_id", ""),
        "public_url": settings.SANAD_PUBLIC_URL,
        "version": settings.SANAD_VERSION,
    }
