from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.features import selectors, services
from apps.features.api import on_demand_serializers as serializers
from apps.features.api.projects import ProjectListViewSet
from apps.features.api.serializers import Deprecation, Description, Removal
from foundation.access import Permission
from foundation.clock import now


class OnDemandViewViewSet(ProjectListViewSet):
    serializer_class = serializers.OnDemandViewSerializer
    permissions = {
        "list": Permission.FEATURE_VIEW,
        "retrieve": Permission.FEATURE_VIEW,
        "create": Permission.FEATURE_DEFINE,
        "partial_update": Permission.FEATURE_DEFINE,
        "deprecate": Permission.FEATURE_DEFINE,
        "restore": Permission.FEATURE_DEFINE,
        "remove": Permission.FEATURE_DEFINE,
        "try_definition": Permission.FEATURE_DEFINE,
        "try_values": Permission.FEATURE_VIEW,
        "online": Permission.FEATURE_VIEW,
    }
    only_read = frozenset({"try_definition", "try_values", "online"})

    def list(self, request: Request) -> Response:
        project = self.wanted_project(request)
        rows = selectors.visible_on_demand_views(actor=self.actor, project_id=project.pk)
        return self.pages(rows, self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        """By its id also one that was removed: what it was stays on record."""
        view = selectors.get_on_demand_view(actor=self.actor, on_demand_id=pk, removed=True)
        return self.answer(self.serializer_class, view)

    @extend_schema(request=serializers.OnDemandStart, responses={201: serializers.OnDemandViewMade})
    def create(self, request: Request) -> Response:
        body = self.body(serializers.OnDemandStart)
        project = self.project_of(body.pop("project"))
        view = services.define_on_demand(actor=self.actor, project=project, **body)
        return self.made(self.serializer_class, view, status=201)

    @extend_schema(request=Description)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change description, owner or tags; the version stays."""
        body = self.body(Description)
        services.describe_on_demand(actor=self.actor, view=self._view(pk), **body)
        return self.retrieve(request, pk)

    @extend_schema(request=Deprecation)
    @action(detail=True, methods=["post"])
    def deprecate(self, request: Request, pk: UUID) -> Response:
        """Mark it, with a reason, and tell whoever uses it."""
        body = self.body(Deprecation)
        instead = self._view(body["instead"]) if body["instead"] else None
        services.deprecate_on_demand(
            actor=self.actor, view=self._view(pk), reason=body["reason"], instead=instead, now=now()
        )
        return self.retrieve(request, pk)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: UUID) -> Response:
        """Withdraw its deprecation."""
        services.restore_on_demand(actor=self.actor, view=self._view(pk))
        return self.retrieve(request, pk)

    @extend_schema(request=Removal)
    @action(detail=True, methods=["post"])
    def remove(self, request: Request, pk: UUID) -> Response:
        """Move it into the bin; refused while a deployed model, a service or a training set uses it."""
        services.remove_on_demand(actor=self.actor, view=self._view(pk), **self.body(Removal))
        return self.retrieve(request, pk)

    def _view(self, pk: UUID) -> Any:
        return selectors.get_on_demand_view(actor=self.actor, on_demand_id=pk)

    @extend_schema(request=serializers.OnDemandTry, operation_id="on_demand_definition_try")
    @action(detail=False, methods=["post"], url_path="try")
    def try_definition(self, request: Request) -> Response:
        body = self.body(serializers.OnDemandTry)
        project = self.project_of(body.pop("project"))
        return Response({"results": services.try_definition(actor=self.actor, project=project, **body)})

    @extend_schema(request=serializers.TriedRows, operation_id="on_demand_values_try")
    @action(detail=True, methods=["post"], url_path="try")
    def try_values(self, request: Request, pk: UUID) -> Response:
        rows = self.body(serializers.TriedRows)["rows"]
        return Response({"results": services.try_on_demand(actor=self.actor, on_demand_id=pk, rows=rows)})

    @extend_schema(request=serializers.OnDemandQuestion)
    @action(detail=True, methods=["post"])
    def online(self, request: Request, pk: UUID) -> Response:
        rows = self.body(serializers.OnDemandQuestion)["rows"]
        return Response({"results": services.read_on_demand(actor=self.actor, on_demand_id=pk, rows=rows)})
