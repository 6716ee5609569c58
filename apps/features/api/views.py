from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.features import selectors, services
from apps.features.api import serializers
from apps.features.api.projects import ProjectListViewSet
from apps.features.errors import DefinitionRefused
from foundation.access import Permission
from foundation.clock import now


class EntityViewSet(ProjectListViewSet):
    serializer_class = serializers.EntitySerializer
    permissions = {
        "list": Permission.FEATURE_VIEW,
        "retrieve": Permission.FEATURE_VIEW,
        "create": Permission.FEATURE_DEFINE,
        "partial_update": Permission.FEATURE_DEFINE,
    }

    def list(self, request: Request) -> Response:
        project = self.wanted_project(request)
        rows = selectors.visible_entities(actor=self.actor, project_id=project.pk).select_related("owner")
        return self.pages(rows, self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, selectors.get_entity(actor=self.actor, entity_id=pk))

    @extend_schema(request=serializers.Description)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change description, owner or tags."""
        body = self.body(serializers.Description)
        entity = selectors.get_entity(actor=self.actor, entity_id=pk)
        services.describe_entity(actor=self.actor, entity=entity, **body)
        return self.answer(self.serializer_class, selectors.get_entity(actor=self.actor, entity_id=pk))

    @extend_schema(request=serializers.EntityStart)
    def create(self, request: Request) -> Response:
        body = self.body(serializers.EntityStart)
        entity = services.define_entity(actor=self.actor, project=self.project_of(body.pop("project")), **body)
        return self.answer(self.serializer_class, entity, status=201)


class FeatureViewViewSet(ProjectListViewSet):
    serializer_class = serializers.FeatureViewSerializer
    permissions = {
        "list": Permission.FEATURE_VIEW,
        "retrieve": Permission.FEATURE_VIEW,
        "create": Permission.FEATURE_DEFINE,
        "preview": Permission.FEATURE_DEFINE,
        "online": Permission.FEATURE_VIEW,
        "partial_update": Permission.FEATURE_DEFINE,
        "deprecate": Permission.FEATURE_DEFINE,
        "restore": Permission.FEATURE_DEFINE,
        "remove": Permission.DATASET_DESTROY,
    }
    only_read = frozenset({"preview", "online"})

    def list(self, request: Request) -> Response:
        project = self.wanted_project(request)
        return self.pages(selectors.visible_views(actor=self.actor, project_id=project.pk), self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, selectors.get_view(actor=self.actor, view_id=pk))

    @extend_schema(request=serializers.FeatureViewStart, responses={202: serializers.FeatureViewSerializer})
    def create(self, request: Request) -> Response:
        body = self.body(serializers.FeatureViewStart)
        project = self.project_of(body.pop("project"))
        entity = (
            selectors.visible_entities(actor=self.actor, project_id=project.pk).filter(name=body.pop("entity")).first()
        )
        if entity is None:
            raise DefinitionRefused(
                _("There is no such entity in this project."), fields={"entity": [_("Define it first.")]}
            )
        view = services.define_view(actor=self.actor, project=project, entity=entity, **body)
        return self.answer(self.serializer_class, view, status=202)

    @extend_schema(request=serializers.Description)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change description, owner or tags; the version stays."""
        body = self.body(serializers.Description)
        services.describe_view(actor=self.actor, view=self._view(pk), **body)
        return self.retrieve(request, pk)

    @extend_schema(request=serializers.Deprecation)
    @action(detail=True, methods=["post"])
    def deprecate(self, request: Request, pk: UUID) -> Response:
        """Mark it, with a reason, and tell whoever uses it."""
        body = self.body(serializers.Deprecation)
        instead = self._view(body["instead"]) if body["instead"] else None
        services.deprecate_view(
            actor=self.actor, view=self._view(pk), reason=body["reason"], instead=instead, now=now()
        )
        return self.retrieve(request, pk)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: UUID) -> Response:
        """Withdraw its deprecation."""
        services.restore_view(actor=self.actor, view=self._view(pk))
        return self.retrieve(request, pk)

    @extend_schema(request=serializers.Removal, responses={202: serializers.FeatureViewSerializer})
    @action(detail=True, methods=["post"])
    def remove(self, request: Request, pk: UUID) -> Response:
        """Destroy its rows and values online for good; refused while a deployed model or a service uses it."""
        body = self.body(serializers.Removal)
        services.ask_to_remove_view(actor=self.actor, view=self._view(pk), **body)
        return self.answer(self.serializer_class, self._view(pk), status=202)

    def _view(self, pk: UUID) -> Any:
        return selectors.get_view(actor=self.actor, view_id=pk)

    @extend_schema(request=serializers.PreviewStart)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        body = self.body(serializers.PreviewStart)
        rows = services.preview_sql(actor=self.actor, project=self.project_of(body.pop("project")), **body)
        return Response({"columns": rows.column_names, "rows": [list(row.values()) for row in rows.to_pylist()]})

    @extend_schema(request=serializers.OnlineQuestion)
    @action(detail=False, methods=["post"])
    def online(self, request: Request) -> Response:
        body = self.body(serializers.OnlineQuestion)
        found = services.read_online(actor=self.actor, view_ids=body["views"], entities=body["entities"])
        return Response({"results": found})
