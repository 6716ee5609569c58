from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.dashboards import selectors, services
from apps.dashboards.api import serializers
from apps.projects import selectors as projects
from foundation.access import Permission
from foundation.clock import now
from foundation.web.api import PortalViewSet

_NARROWS = [
    OpenApiParameter("project", str, description="The short name of a project, to see those of its lists alone."),
    OpenApiParameter("list", str, description="The path of one list, as in “data/”."),
]


class SavedFilterViewSet(PortalViewSet):
    """Filters of lists, saved under names: one's own, and those that are shared."""

    serializer_class = serializers.SavedFilterSerializer
    permissions = dict.fromkeys(("list", "retrieve", "create", "partial_update", "destroy"), Permission.PROJECT_VIEW)
    own_too = frozenset(permissions)

    @extend_schema(parameters=_NARROWS)
    def list(self, request: Request) -> Response:
        rows = selectors.visible_filters(actor=self.actor)
        if slug := request.query_params.get("project"):
            rows = rows.filter(project_id=projects.get_project(actor=self.actor, slug=slug).pk)
        if path := request.query_params.get("list"):
            rows = rows.filter(path=path)
        return self.pages(rows, self.serializer_class, ordering=("-created_at",))

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._filter(pk))

    @extend_schema(request=serializers.SavedFilterWanted)
    def create(self, request: Request) -> Response:
        body = self.body(serializers.SavedFilterWanted)
        slug, path = body.pop("project"), body.pop("list")
        project_id = projects.get_project(actor=self.actor, slug=slug).pk if slug else None
        made = services.save_filter(actor=self.actor, path=path, project_id=project_id, now=now(), **body)
        return self.answer(self.serializer_class, self._filter(made.pk), status=201)

    @extend_schema(request=serializers.SavedFilterChange)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        body = self.body(serializers.SavedFilterChange)
        services.change_filter(actor=self.actor, saved=self._filter(pk), **body)
        return self.answer(self.serializer_class, self._filter(pk))

    def destroy(self, request: Request, pk: UUID) -> Response:
        services.delete_filter(actor=self.actor, saved=self._filter(pk))
        return Response(status=204)

    def _filter(self, pk: UUID) -> Any:
        return selectors.get_filter(actor=self.actor, filter_id=pk)
