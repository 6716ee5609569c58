from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.connections import selectors, services
from apps.connections.api import serializers
from apps.projects import selectors as projects
from foundation.access import Permission
from foundation.clock import now
from foundation.web.api import PortalViewSet

_PROJECT = OpenApiParameter("project", str, required=True, description="The project for which it is read.")


class ConnectionViewSet(PortalViewSet):
    """Ways to where data lies already. Secrets go in and never come out."""

    serializer_class = serializers.ConnectionSerializer
    permissions = {
        "list": Permission.CONNECTION_VIEW,
        "retrieve": Permission.CONNECTION_VIEW,
        "create": Permission.CONNECTION_MANAGE,
        "partial_update": Permission.CONNECTION_MANAGE,
        "destroy": Permission.CONNECTION_MANAGE,
        "test": Permission.CONNECTION_MANAGE,
        "things": Permission.DATASET_CREATE,
        "preview": Permission.DATASET_CREATE,
    }

    def list(self, request: Request) -> Response:
        project_id = None
        if slug := request.query_params.get("project"):
            project_id = projects.get_project(actor=self.actor, slug=slug).pk
        rows = selectors.visible_connections(actor=self.actor, project_id=project_id)
        return self.pages(rows, self.serializer_class, ordering=("-created_at",))

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._connection(pk))

    @extend_schema(request=serializers.ConnectionWanted)
    def create(self, request: Request) -> Response:
        body = {"settings": {}, "secrets": {}, **self.body(serializers.ConnectionWanted)}
        slug = body.pop("project")
        project_id = projects.get_project(actor=self.actor, slug=slug).pk if slug else None
        made = services.create_connection(actor=self.actor, project_id=project_id, now=now(), **body)
        return self.answer(self.serializer_class, self._connection(made.pk), status=201)

    @extend_schema(request=serializers.ConnectionChange)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        connection, body = self._connection(pk), self.body(serializers.ConnectionChange)
        words: dict[str, Any] = {name: getattr(connection, name) for name in ("name", "description", "at_once")}
        words |= {"secrets": {}, **body, "settings": {**connection.settings, **body.get("settings", {})}}
        services.edit_connection(actor=self.actor, connection=connection, **words)
        return self.answer(self.serializer_class, self._connection(pk))

    def destroy(self, request: Request, pk: UUID) -> Response:
        services.delete_connection(actor=self.actor, connection=self._connection(pk))
        return Response(status=204)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: UUID) -> Response:
        """Ask what it leads to, step by step; the answer says how each step went."""
        tested = services.test_connection(actor=self.actor, connection=self._connection(pk), now=now())
        return self.answer(self.serializer_class, tested)

    @extend_schema(
        parameters=[_PROJECT, OpenApiParameter("prefix", str, description="How the names begin.")],
        responses=serializers.ThingSerializer(many=True),
        filters=False,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def things(self, request: Request, pk: UUID) -> Response:
        """What lies there: tables, folders, files, 200 at most."""
        prefix = request.query_params.get("prefix", "")
        found = services.things(
            actor=self.actor, connection=self._connection(pk), project_id=self._project_id(request), prefix=prefix
        )
        return Response(serializers.ThingSerializer(found, many=True).data)

    @extend_schema(
        parameters=[_PROJECT, OpenApiParameter("place", str, required=True, description="As `things` names it.")],
        responses=serializers.DescribedSerializer,
    )
    @action(detail=True, methods=["get"])
    def preview(self, request: Request, pk: UUID) -> Response:
        """One thing there: its columns, about how many rows, and some of them."""
        found = services.described(
            actor=self.actor,
            connection=self._connection(pk),
            project_id=self._project_id(request),
            place=self.wanted(request, "place"),
        )
        return self.answer(serializers.DescribedSerializer, services.as_words(found))

    def _connection(self, pk: UUID) -> Any:
        return selectors.get_connection(actor=self.actor, connection_id=pk)

    def _project_id(self, request: Request) -> UUID:
        return projects.get_project(actor=self.actor, slug=self.wanted(request, "project")).pk
