from __future__ import annotations

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


class EntityViewSet(ProjectListViewSet):
    serializer_class = serializers.EntitySerializer
    permissions = {"list": Permission.FEATURE_VIEW, "create": Permission.FEATURE_DEFINE}

    def list(self, request: Request) -> Response:
        project = self.wanted_project(request)
        return self.pages(selectors.visible_entities(actor=self.actor, project_id=project.pk), self.serializer_class)

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
        "materialise": Permission.FEATURE_DEFINE,
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

    @extend_schema(request=serializers.PreviewStart)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        body = self.body(serializers.PreviewStart)
        rows = services.preview_sql(actor=self.actor, project=self.project_of(body.pop("project")), **body)
        return Response({"columns": rows.column_names, "rows": [list(row.values()) for row in rows.to_pylist()]})

    @extend_schema(request=None, responses={202: serializers.FeatureViewSerializer})
    @action(detail=True, methods=["post"])
    def materialise(self, request: Request, pk: UUID) -> Response:
        """Put its newest values online again; that happens by itself whenever its rows are computed."""
        view = selectors.get_view(actor=self.actor, view_id=pk)
        services.put_online(actor=self.actor, view=view)
        return self.answer(self.serializer_class, view, status=202)

    @extend_schema(request=serializers.OnlineQuestion)
    @action(detail=False, methods=["post"])
    def online(self, request: Request) -> Response:
        body = self.body(serializers.OnlineQuestion)
        found = services.read_online(actor=self.actor, view_ids=body["views"], entities=body["entities"])
        return Response({"results": found})
