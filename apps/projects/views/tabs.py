"""The tabs of a project's settings."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from foundation.web.requests import PortalRequest


def tabs(request: PortalRequest, current: str) -> list[dict[str, Any]]:
    named = [
        ("words", _("Name and purpose"), "project_edit"),
        ("people", _("People"), "project_people"),
        ("archive", _("Archive"), "project_archive"),
    ]
    base = [request.tenant.slug, request.project.slug]
    return [
        {"label": label, "url": reverse(f"projects:{name}", args=base), "current": key == current}
        for key, label, name in named
    ]
