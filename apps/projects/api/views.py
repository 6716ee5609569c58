from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.projects import selectors, services
from apps.projects.api import serializers
from apps.projects.choices import Archived
from foundation.access import Permission
from foundation.web.api import PortalViewSet


class ProjectViewSet(PortalViewSet):
    """Projects are addressed by their short name."""

    serializer_class = serializers.ProjectSerializer
    lookup_field = "slug"
    lookup_value_converter = "slug"
    permissions = {
        "list": Permission.PROJECT_VIEW,
        "retrieve": Permission.PROJECT_VIEW,
        "create": Permission.PROJECT_CREATE,
        "partial_update": Permission.PROJECT_EDIT,
        "archive": Permission.PROJECT_ARCHIVE,
        "restore": Permission.PROJECT_ARCHIVE,
        "delete_for_ever": Permission.PROJECT_DELETE,
        "keep": Permission.PROJECT_DELETE,
    }

    @extend_schema(parameters=[OpenApiParameter("archived", str, enum=Archived.values, default=Archived.NO)])
    def list(self, request: Request) -> Response:
        wanted = request.query_params.get("archived", Archived.NO)
        return self.pages(selectors.listed_projects(actor=self.actor, archived=wanted), self.serializer_class)

    def retrieve(self, request: Request, slug: str) -> Response:
        return self.answer(self.serializer_class, self._project(slug))

    @extend_schema(request=serializers.NewProject)
    def create(self, request: Request) -> Response:
        project = services.create_project(actor=self.actor, **self.body(serializers.NewProject))
        return self.answer(self.serializer_class, project, status=201)

    @extend_schema(request=serializers.ProjectWords)
    def partial_update(self, request: Request, slug: str) -> Response:
        project = self._project(slug)
        words = {"name": project.name, "purpose": project.purpose, "description": project.description}
        words |= {k: v for k, v in self.body(serializers.ProjectWords, partial=True).items() if k in request.data}
        project = services.edit_project(actor=self.actor, project=project, **words)
        return self.answer(self.serializer_class, project)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, slug: str) -> Response:
        """Keep it as it is: from now on it is read and never written to. Nothing is deleted.

        Refused while something in it serves, runs or waits; `details` names what.
        """
        project = services.archive_project(actor=self.actor, project=self._project(slug))
        return self.answer(self.serializer_class, project)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, slug: str) -> Response:
        """Bring an archived project back, just as it was."""
        project = services.restore_project(actor=self.actor, project=self._project(slug))
        return self.answer(self.serializer_class, project)

    @extend_schema(request=serializers.NameTyped)
    @action(detail=True, methods=["post"], url_path="delete")
    def delete_for_ever(self, request: Request, slug: str) -> Response:
        """Delete an archived project for ever, when `deletion_due` has come; until then it can be kept.

        Refused while another project holds something that was made of its things; `details` names what.
        """
        body = self.body(serializers.NameTyped)
        project = services.ask_to_delete(actor=self.actor, project=self._project(slug), **body)
        return self.answer(self.serializer_class, project)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def keep(self, request: Request, slug: str) -> Response:
        """Take its deletion back: it rests in the archive as before."""
        project = services.keep_project(actor=self.actor, project=self._project(slug))
        return self.answer(self.serializer_class, project)

    def _project(self, slug: str) -> Any:
        return selectors.get_project(actor=self.actor, slug=slug)
