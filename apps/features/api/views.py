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
from apps.features.errors import DefinitionRefused
from apps.projects import selectors as projects
from foundation.access import Permission
from foundation.web.api import PortalViewSet


class ProjectListViewSet(PortalViewSet):
    """A resource that is listed project by project."""

    def project_of(self, slug: str) -> Any:
        return projects.get_project(actor=self.actor, slug=slug)

    def wanted_project(self, request: Request) -> Any:
        return self.project_of(self.wanted(request, "project"))


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

    @extend_schema(request=serializers.OnlineQuestion)
    @action(detail=False, methods=["post"])
    def online(self, request: Request) -> Response:
        body = self.body(serializers.OnlineQuestion)
        found = services.read_online(actor=self.actor, view_ids=body["views"], entities=body["entities"])
        return Response({"results": found})


class TrainingSetViewSet(ProjectListViewSet):
    serializer_class = serializers.TrainingSetSerializer
    permissions = {
        "list": Permission.FEATURE_VIEW,
        "retrieve": Permission.FEATURE_VIEW,
        "create": Permission.FEATURE_DEFINE,
    }

    def list(self, request: Request) -> Response:
        project = self.wanted_project(request)
        rows = selectors.visible_training_sets(actor=self.actor, project_id=project.pk)
        return self.pages(rows, self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, selectors.get_training_set(actor=self.actor, training_set_id=pk))

    @extend_schema(request=serializers.TrainingSetStart, responses={202: serializers.TrainingSetSerializer})
    def create(self, request: Request) -> Response:
        body = self.body(serializers.TrainingSetStart)
        project = self.project_of(body.pop("project"))
        row = services.define_training_set(
            actor=self.actor, project=project, base_version_id=body.pop("base_version"), **body
        )
        return self.answer(self.serializer_class, row, status=202)
