"""Transformations for programs: SQL that makes one dataset of others, and what became of each time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.datasets import selectors, services
from apps.datasets.api.estimating import ExpectedSerializer
from apps.datasets.choices import TransformationMode, TransformationTrigger
from apps.projects import selectors as projects
from foundation.access import Permission
from foundation.clock import now
from foundation.web.api import PortalViewSet


class DefinitionSerializer(serializers.Serializer[Any]):
    """How rows are made: `inputs` is {name in the SQL: id of a dataset}, each read at its newest version."""

    number = serializers.IntegerField(read_only=True)
    sql = serializers.CharField()
    inputs = serializers.DictField(child=serializers.UUIDField())
    mode = serializers.ChoiceField(choices=TransformationMode.choices)
    growing = serializers.CharField()
    review = serializers.BooleanField()
    trigger = serializers.ChoiceField(choices=TransformationTrigger.choices)
    cron = serializers.CharField()
    time_zone = serializers.CharField()
    created_at = serializers.DateTimeField(read_only=True)


class TransformationSerializer(serializers.Serializer[Any]):
    """`definition` is the newest; `last_state` and `last_note` say what became of the last pass."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField()
    project = serializers.UUIDField(source="project_id")
    output = serializers.UUIDField(source="output_id")
    output_name = serializers.CharField(source="output.name")
    state = serializers.CharField()
    next_at = serializers.DateTimeField(allow_null=True)
    last_state = serializers.CharField(allow_null=True)
    last_note = serializers.CharField(allow_null=True)
    last_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class TransformationDetail(TransformationSerializer):
    definition = serializers.SerializerMethodField()

    def get_definition(self, transformation: Any) -> dict[str, Any]:
        return DefinitionSerializer(selectors.definition_of(transformation)).data


class DefinitionWanted(serializers.Serializer[Any]):
    """Tables of the SQL that are called like a dataset of the project need not be among `inputs`."""

    sql = serializers.CharField(max_length=50_000)
    inputs = serializers.DictField(child=serializers.UUIDField(), required=False, default=dict)
    mode = serializers.ChoiceField(choices=TransformationMode.choices, required=False, default=TransformationMode.FULL)
    growing = serializers.CharField(required=False, allow_blank=True, default="", max_length=63)
    review = serializers.BooleanField(required=False, default=False)
    trigger = serializers.ChoiceField(
        choices=TransformationTrigger.choices, required=False, default=TransformationTrigger.INPUT
    )
    cron = serializers.CharField(required=False, allow_blank=True, default="", max_length=120)
    time_zone = serializers.CharField(required=False, allow_blank=True, default="", max_length=64)


class TransformationWanted(DefinitionWanted):
    project = serializers.SlugField()
    name = serializers.CharField(max_length=120)
    output = serializers.UUIDField()


class RunWanted(serializers.Serializer[Any]):
    """With `below`, then all that is made of it, too."""

    below = serializers.BooleanField(required=False, default=False)


class PassSerializer(serializers.Serializer[Any]):
    """One making of the output. `inputs` is {name in the SQL: id of a dataset version}; `note` says why it is so."""

    id = serializers.UUIDField()
    state = serializers.CharField()
    mode = serializers.CharField()
    note = serializers.CharField()
    definition = serializers.IntegerField(source="definition.number", allow_null=True, default=None)
    inputs = serializers.DictField(child=serializers.UUIDField())
    version = serializers.UUIDField(source="version_id", allow_null=True)
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class TransformationViewSet(PortalViewSet):
    """SQL that makes one dataset of others, by itself and in the order of the data."""

    serializer_class = TransformationSerializer
    permissions = {
        "estimate": Permission.DATASET_VIEW,
        "list": Permission.DATASET_VIEW,
        "retrieve": Permission.DATASET_VIEW,
        "definitions": Permission.DATASET_VIEW,
        "passes": Permission.DATASET_VIEW,
        "create": Permission.DATASET_CREATE,
        "define": Permission.DATASET_CREATE,
        "run": Permission.DATASET_CREATE,
        "pause": Permission.DATASET_CREATE,
        "resume": Permission.DATASET_CREATE,
        "destroy": Permission.DATASET_CREATE,
    }

    @extend_schema(parameters=[OpenApiParameter("project", str, required=True)])
    def list(self, request: Request) -> Response:
        project = projects.get_project(actor=self.actor, slug=self.wanted(request, "project"))
        rows = selectors.visible_transformations(actor=self.actor, project_id=project.pk)
        return self.pages(rows, self.serializer_class)

    @extend_schema(responses=TransformationDetail)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self._answer(pk)

    @extend_schema(request=TransformationWanted, responses={201: TransformationDetail})
    def create(self, request: Request) -> Response:
        body = self.body(TransformationWanted)
        project = projects.get_project(actor=self.actor, slug=body.pop("project"))
        output = selectors.get_dataset(actor=self.actor, dataset_id=body.pop("output"))
        body["inputs"] = self._inputs(project.pk, body)
        made = services.create_transformation(actor=self.actor, project=project, output=output, now=now(), **body)
        return self._answer(made.pk, status=201)

    @extend_schema(responses=DefinitionSerializer(many=True))
    @action(detail=True, methods=["get"])
    def definitions(self, request: Request, pk: UUID) -> Response:
        """Every definition that it had, the newest first."""
        return self.pages(self._transformation(pk).definitions.all(), DefinitionSerializer)

    @extend_schema(request=DefinitionWanted, responses=TransformationDetail)
    @definitions.mapping.post
    def define(self, request: Request, pk: UUID) -> Response:
        """Say how its rows are made from the next time on; the present definition is kept."""
        transformation, body = self._transformation(pk), self.body(DefinitionWanted)
        body["inputs"] = self._inputs(transformation.project_id, body)
        services.define_transformation(actor=self.actor, transformation=transformation, now=now(), **body)
        return self._answer(pk)

    @extend_schema(responses=PassSerializer(many=True))
    @action(detail=True, methods=["get"])
    def passes(self, request: Request, pk: UUID) -> Response:
        """What was made or left out, and why; the newest first."""
        rows = selectors.passes_of(actor=self.actor, transformation=self._transformation(pk))
        return self.pages(rows, PassSerializer)

    @extend_schema(request=RunWanted, responses={202: TransformationDetail})
    @action(detail=True, methods=["post"])
    def run(self, request: Request, pk: UUID) -> Response:
        body = self.body(RunWanted)
        services.run_transformation_now(actor=self.actor, transformation=self._transformation(pk), **body)
        return self._answer(pk, status=202)

    @extend_schema(request=None, responses=TransformationDetail)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: UUID) -> Response:
        services.pause_transformation(actor=self.actor, transformation=self._transformation(pk))
        return self._answer(pk)

    @extend_schema(request=None, responses=TransformationDetail)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: UUID) -> Response:
        services.resume_transformation(actor=self.actor, transformation=self._transformation(pk), now=now())
        return self._answer(pk)

    def destroy(self, request: Request, pk: UUID) -> Response:
        """Its definitions and passes go; the dataset that it made stays."""
        services.delete_transformation(actor=self.actor, transformation=self._transformation(pk))
        return Response(status=204)

    @extend_schema(responses=ExpectedSerializer)
    @action(detail=True, methods=["get"])
    def estimate(self, request: Request, pk: UUID) -> Response:
        """What the next run will probably take, by earlier ones; nothing is started."""
        expected = services.expect_transformation(actor=self.actor, transformation=self._transformation(pk))
        return self.answer(ExpectedSerializer, expected)

    def _transformation(self, pk: UUID) -> Any:
        return selectors.get_transformation(actor=self.actor, transformation_id=pk)

    def _answer(self, pk: UUID, *, status: int = 200) -> Response:
        return self.answer(TransformationDetail, self._transformation(pk), status=status)

    def _inputs(self, project_id: UUID, body: dict[str, Any]) -> dict[str, UUID]:
        return selectors.datasets_by_name(
            actor=self.actor, project_id=project_id, sql=body["sql"], given=body["inputs"]
        )
