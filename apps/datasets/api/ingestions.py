"""What comes in again and again: set up, changed, run by whoever knows that something new is there, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.datasets import selectors, services
from apps.datasets.api.estimating import ExpectedSerializer
from apps.datasets.api.ingestion_serializers import (
    ForeseenSerializer,
    IngestionChange,
    IngestionRunWanted,
    IngestionSerializer,
    IngestionWanted,
)
from apps.datasets.api.serializers import VersionSerializer
from apps.datasets.choices import Trigger
from apps.projects import selectors as projects
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import NotFound
from foundation.web.api import PortalViewSet

if TYPE_CHECKING:
    from apps.datasets.models import Ingestion

_KEPT = ("place", "pattern", "options", "mode", "key", "cursor", "cron", "zone", "review")


class IngestionViewSet(PortalViewSet):
    """What is read into a dataset again and again. To run one takes `dataset.create`, as adding a file does."""

    serializer_class = IngestionSerializer
    permissions = {
        "list": Permission.DATASET_VIEW,
        "retrieve": Permission.DATASET_VIEW,
        "runs": Permission.DATASET_VIEW,
        "create": Permission.DATASET_CREATE,
        "partial_update": Permission.DATASET_CREATE,
        "destroy": Permission.DATASET_CREATE,
        "run": Permission.DATASET_CREATE,
        "estimate": Permission.DATASET_VIEW,
        "span": Permission.DATASET_CREATE,
        "pause": Permission.DATASET_CREATE,
        "resume": Permission.DATASET_CREATE,
    }

    @extend_schema(responses=ExpectedSerializer)
    @action(detail=True, methods=["get"])
    def estimate(self, request: Request, pk: UUID) -> Response:
        """What the next run will probably take, by earlier ones; nothing is started."""
        ingestion = selectors.get_ingestion(actor=self.actor, ingestion_id=pk)
        return self.answer(ExpectedSerializer, services.expect_ingestion(actor=self.actor, ingestion=ingestion))

    @extend_schema(parameters=[OpenApiParameter("project", str), OpenApiParameter("dataset", UUID)])
    def list(self, request: Request) -> Response:
        rows = selectors.visible_ingestions(actor=self.actor)
        if slug := request.query_params.get("project"):
            rows = rows.filter(project_id=projects.get_project(actor=self.actor, slug=slug).pk)
        if pk := request.query_params.get("dataset"):
            rows = rows.filter(dataset_id=selectors.get_dataset(actor=self.actor, dataset_id=_as_id(pk)).pk)
        return self.pages(rows, self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._ingestion(pk))

    @extend_schema(request=IngestionWanted)
    def create(self, request: Request) -> Response:
        body = self.body(IngestionWanted)
        dataset = selectors.get_dataset(actor=self.actor, dataset_id=body.pop("dataset"))
        made = services.create_ingestion(actor=self.actor, dataset=dataset, plan=_plan(body), now=now())
        return self.answer(self.serializer_class, self._ingestion(made.pk), status=201)

    @extend_schema(request=IngestionChange)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        ingestion, body = self._ingestion(pk), self.body(IngestionChange)
        words = {name: getattr(ingestion, name) for name in _KEPT}
        words |= {"connection": ingestion.connection_id, "after": ingestion.after_id, **body}
        services.edit_ingestion(actor=self.actor, ingestion=ingestion, plan=_plan(words), now=now())
        return self.answer(self.serializer_class, self._ingestion(pk))

    def destroy(self, request: Request, pk: UUID) -> Response:
        services.delete_ingestion(actor=self.actor, ingestion=self._ingestion(pk))
        return Response(status=204)

    @extend_schema(request=IngestionRunWanted, responses={202: VersionSerializer})
    @action(detail=True, methods=["post"])
    def run(self, request: Request, pk: UUID) -> Response:
        """Read now, such as when a program knows that something new is there; or a span of the cursor anew.

        The answer is the version that is begun; it ends as `ready`, `review`, `unchanged` or `failed`.
        """
        version = services.run_ingestion(
            actor=self.actor, ingestion=self._ingestion(pk), trigger=Trigger.PROGRAM, **self.body(IngestionRunWanted)
        )
        return self.answer(VersionSerializer, version, status=202)

    @extend_schema(parameters=[IngestionRunWanted], responses=ForeseenSerializer)
    @action(detail=True, methods=["get"])
    def span(self, request: Request, pk: UUID) -> Response:
        """How many rows of the newest version reading a span anew would replace; nothing is read."""
        asked = IngestionRunWanted(data=request.query_params)
        asked.is_valid(raise_exception=True)
        found = services.foresee_backfill(actor=self.actor, ingestion=self._ingestion(pk), **asked.validated_data)
        return self.answer(ForeseenSerializer, found or services.Foreseen(0, 0, None, None, None))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: UUID) -> Response:
        """Nothing is due any more until it is resumed; what is being read goes on."""
        services.pause_ingestion(actor=self.actor, ingestion=self._ingestion(pk))
        return self.answer(self.serializer_class, self._ingestion(pk))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: UUID) -> Response:
        """Due again, from the next time on."""
        services.resume_ingestion(actor=self.actor, ingestion=self._ingestion(pk), now=now())
        return self.answer(self.serializer_class, self._ingestion(pk))

    @extend_schema(responses=VersionSerializer(many=True))
    @action(detail=True, methods=["get"])
    def runs(self, request: Request, pk: UUID) -> Response:
        """The versions that it brought or tried to bring, newest first; those with nothing new as well."""
        rows = selectors.runs_of(actor=self.actor, ingestion=self._ingestion(pk))
        return self.pages(rows, VersionSerializer)

    def _ingestion(self, pk: UUID) -> Ingestion:
        return selectors.get_ingestion(actor=self.actor, ingestion_id=pk)


def _as_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound(_("There is no such dataset here.")) from error


def _plan(words: dict[str, Any]) -> services.Plan:
    said = {"place": "", **words, "connection_id": words["connection"], "after_id": words.get("after")}
    said["key"] = tuple(said.get("key", ()))
    return services.Plan(**{name: value for name, value in said.items() if name not in {"connection", "after"}})
