from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.features import selectors, services
from apps.features.api import training_set_serializers as serializers
from apps.features.api.projects import ProjectListViewSet
from foundation.access import Permission


class TrainingSetViewSet(ProjectListViewSet):
    serializer_class = serializers.TrainingSetSerializer
    permissions = {
        "list": Permission.FEATURE_VIEW,
        "retrieve": Permission.FEATURE_VIEW,
        "create": Permission.FEATURE_DEFINE,
        "preview": Permission.FEATURE_DEFINE,
        "report": Permission.FEATURE_VIEW,
        "remove": Permission.DATASET_DESTROY,
    }
    only_read = frozenset({"preview"})

    def list(self, request: Request) -> Response:
        project = self.wanted_project(request)
        rows = selectors.listed_training_sets(actor=self.actor, project_id=project.pk)
        return self.pages(rows, self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, selectors.get_training_set(actor=self.actor, training_set_id=pk))

    @extend_schema(request=serializers.TrainingSetStart, responses={202: serializers.TrainingSetSerializer})
    def create(self, request: Request) -> Response:
        body = self.body(serializers.TrainingSetStart)
        project = self.project_of(body.pop("project"))
        row = services.define_training_set(
            actor=self.actor,
            project=project,
            base_version_id=body.pop("base_version"),
            service_id=body.pop("service"),
            **body,
        )
        return self.answer(self.serializer_class, row, status=202)

    @extend_schema(request=serializers.TrainingSetMeaning)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """What some of its rows would show, joined as of their time, and where values are missing; nothing is kept."""
        body = self.body(serializers.TrainingSetMeaning)
        project = self.project_of(body.pop("project"))
        version = body.pop("base_version")
        return Response(
            services.preview_training_set(
                actor=self.actor, project=project, base_version_id=version, service_id=body.pop("service"), **body
            )
        )

    @extend_schema(request=None, responses={202: serializers.TrainingSetSerializer})
    @action(detail=True, methods=["post"])
    def remove(self, request: Request, pk: UUID) -> Response:
        """Clear one away that failed or was cancelled; its number is not given again."""
        row = selectors.get_training_set(actor=self.actor, training_set_id=pk)
        services.ask_to_remove_training_set(actor=self.actor, training_set=row)
        row = selectors.get_training_set(actor=self.actor, training_set_id=pk)
        return self.answer(self.serializer_class, row, status=202)

    @action(detail=True, methods=["get"])
    def report(self, request: Request, pk: UUID) -> Response:
        """What its features have to do with the label, and where values are missing, by column and time."""
        row = selectors.get_training_set(actor=self.actor, training_set_id=pk)
        missing = selectors.missing_map(row, actor=self.actor).as_json()
        return Response({**selectors.report_of(self.actor, row), "missing_map": missing})
