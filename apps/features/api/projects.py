from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from apps.features import services
from apps.projects import selectors as projects
from foundation.web.api import PortalViewSet


class ProjectListViewSet(PortalViewSet):
    """A resource that is listed project by project."""

    def project_of(self, slug: str) -> Any:
        return projects.get_project(actor=self.actor, slug=slug)

    def wanted_project(self, request: Request) -> Any:
        return self.project_of(self.wanted(request, "project"))

    def made(self, serializer: Any, view: Any, *, status: int) -> Response:
        """A definition, and beside it which features are there already; what is read later knows nothing of others,
        whose definitions would change its ETag."""
        answer = self.answer(serializer, view, status=status)
        answer.data["similar"] = list(services.there_already(self.actor, view))
        return answer
