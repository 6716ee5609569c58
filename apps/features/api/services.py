from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.features import selectors, services
from apps.features.api import serializers, service_serializers
from apps.features.api.projects import ProjectListViewSet
from foundation.access import Permission
from foundation.clock import now


class FeatureServiceViewSet(ProjectListViewSet):
    """The named sets of features that models use, in versions."""

    serializer_class = service_serializers.FeatureServiceSerializer
    permissions = {
        "list": Permission.FEATURE_VIEW,
        "retrieve": Permission.FEATURE_VIEW,
        "create": Permission.FEATURE_DEFINE,
        "partial_update": Permission.FEATURE_DEFINE,
        "destroy": Permission.FEATURE_DEFINE,
        "deprecate": Permission.FEATURE_DEFINE,
        "restore": Permission.FEATURE_DEFINE,
    }

    def list(self, request: Request) -> Response:
        project = self.wanted_project(request)
        return self.pages(selectors.visible_services(actor=self.actor, project_id=project.pk), self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._service(pk))

    @extend_schema(request=service_serializers.FeatureServiceStart)
    def create(self, request: Request) -> Response:
        """The service, or the next version of the one of this name."""
        body = self.body(service_serializers.FeatureServiceStart)
        made = services.define_service(actor=self.actor, project=self.project_of(body.pop("project")), **body)
        return self.answer(self.serializer_class, self._service(made.pk), status=201)

    @extend_schema(request=serializers.Description)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change description, owner or tags; the version stays."""
        body = self.body(serializers.Description)
        services.describe_service(actor=self.actor, service=self._service(pk), **body)
        return self.answer(self.serializer_class, self._service(pk))

    def destroy(self, request: Request, pk: UUID) -> Response:
        """Move a version that nothing was made of into the bin."""
        services.remove_service(actor=self.actor, service=self._service(pk))
        return Response(status=204)

    @extend_schema(request=serializers.Deprecation)
    @action(detail=True, methods=["post"])
    def deprecate(self, request: Request, pk: UUID) -> Response:
        """Mark it, with a reason, and tell whoever uses it."""
        body = self.body(serializers.Deprecation)
        instead = self._service(body["instead"]) if body["instead"] else None
        services.deprecate_service(
            actor=self.actor, service=self._service(pk), reason=body["reason"], instead=instead, now=now()
        )
        return self.answer(self.serializer_class, self._service(pk))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: UUID) -> Response:
        """Withdraw its deprecation."""
        services.restore_service(actor=self.actor, service=self._service(pk))
        return self.answer(self.serializer_class, self._service(pk))

    def _service(self, pk: UUID) -> Any:
        return selectors.get_service(actor=self.actor, service_id=pk)
