from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from apps.projects import selectors as projects
from foundation.web.api import PortalViewSet


class ProjectListViewSet(PortalViewSet):
    """A resource that is listed project by project."""

    def project_of(self, slug: str) -> Any:
        return projects.get_project(actor=self.actor, slug=slug)

    def wanted_project(self, request: Request) -> Any:
        return self.project_of(self.wanted(request, "project"))
