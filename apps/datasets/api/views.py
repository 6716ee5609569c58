from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.datasets import selectors, services
from apps.datasets.api import serializers, validation_serializers
from apps.datasets.api.cards import CardMixin
from apps.datasets.api.classification import ClassifyingMixin
from apps.datasets.api.diffing import DiffingMixin
from apps.datasets.api.estimating import ExpectedSerializer, UploadEstimateAsked
from apps.datasets.api.lineage import LineageQuery, LineageSerializer, said_of
from apps.datasets.api.parsers import ChunkParser
from apps.datasets.api.retention import RetentionMixin
from apps.datasets.api.tagging import TaggingMixin
from apps.datasets.choices import ExportFormat
from apps.projects import selectors as projects
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import Invalid, NotFound
from foundation.figures import whole
from foundation.web.api import PortalViewSet
from foundation.web.downloads import attached
from foundation.web.lineage import graph_of


class UploadViewSet(PortalViewSet):
    """Files on their way in: announce, send chunks from the offset, complete."""

    serializer_class = serializers.UploadSerializer
    permissions = dict.fromkeys(
        ("create", "retrieve", "update", "complete", "destroy", "estimate"), Permission.DATASET_CREATE
    )

    @extend_schema(request=serializers.UploadStart)
    def create(self, request: Request) -> Response:
        body = self.body(serializers.UploadStart)
        project = projects.get_project(actor=self.actor, slug=body.pop("project"))
        upload = services.start_upload(actor=self.actor, project=project, **body)
        return self.answer(self.serializer_class, upload, status=201)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, selectors.get_upload(actor=self.actor, upload_id=pk))

    @extend_schema(request={"application/octet-stream": OpenApiTypes.BINARY})
    def update(self, request: Request, pk: UUID) -> Response:
        given = whole(request.headers.get("Upload-Offset"), digits=18)
        if given is None:
            raise Invalid(_("The header Upload-Offset says at which byte this chunk begins; it is missing."))
        upload = services.append_chunk(actor=self.actor, upload_id=pk, offset=given, data=cast(bytes, request.data))
        return self.answer(self.serializer_class, upload)

    def destroy(self, request: Request, pk: UUID) -> Response:
        services.cancel_upload(actor=self.actor, upload_id=pk)
        return Response(status=204)

    def get_parsers(self) -> list[Any]:
        # The schema is made without a request.
        chunk = self.request is not None and self.request.method == "PUT"
        return [ChunkParser()] if chunk else super().get_parsers()

    @extend_schema(parameters=[UploadEstimateAsked], responses=ExpectedSerializer, filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def estimate(self, request: Request) -> Response:
        """What reading in a file of that size will probably take, by files before; nothing is started."""
        asked = UploadEstimateAsked.of(request)
        project = projects.get_project(actor=self.actor, slug=asked["project"])
        pk = asked["dataset"]
        dataset = selectors.get_dataset(actor=self.actor, dataset_id=pk) if pk else None
        size = asked["size"]
        expected = services.expect_upload(actor=self.actor, project_id=project.pk, dataset=dataset, size=size)
        return self.answer(ExpectedSerializer, expected)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, services.complete_upload(actor=self.actor, upload_id=pk, now=now()))


class DatasetViewSet(CardMixin, RetentionMixin):
    serializer_class = serializers.DatasetSerializer
    permissions = {
        "list": Permission.DATASET_VIEW,
        "retrieve": Permission.DATASET_VIEW,
        "create": Permission.DATASET_CREATE,
        "partial_update": Permission.DATASET_CREATE,
        "versions": Permission.DATASET_VIEW,
        "add_version": Permission.DATASET_CREATE,
        "lineage": Permission.DATASET_VIEW,
        "retention": Permission.DATASET_VIEW,
        "set_retention": Permission.DATASET_DESTROY,
        "preview_retention": Permission.DATASET_VIEW,
        "card": Permission.DATASET_VIEW,
        "editions": Permission.DATASET_VIEW,
        "restore_card": Permission.DATASET_CREATE,
    }
    only_read = frozenset({"preview_retention"})

    def list(self, request: Request) -> Response:
        project = projects.get_project(actor=self.actor, slug=self.wanted(request, "project"))
        rows = selectors.visible_datasets(actor=self.actor, project_id=project.pk)
        if name := request.query_params.get("name"):
            rows = rows.filter(name=name)
        return self.pages(rows, self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, selectors.get_dataset(actor=self.actor, dataset_id=pk))

    @extend_schema(request=serializers.DatasetStart)
    def create(self, request: Request) -> Response:
        body = self.body(serializers.DatasetStart)
        project = projects.get_project(actor=self.actor, slug=body["project"])
        dataset = services.create_dataset(
            actor=self.actor, project=project, name=body["name"], description=body["description"]
        )
        if body["upload"] or body["connection"]:
            self._begin(dataset, body)
        return self.answer(
            self.serializer_class, selectors.get_dataset(actor=self.actor, dataset_id=dataset.pk), status=201
        )

    @extend_schema(request=serializers.DatasetChange)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change what is said of it, and how old its newest version may be before it counts as stale."""
        dataset = selectors.get_dataset(actor=self.actor, dataset_id=pk)
        said = {"description": dataset.description, "freshness_promise": dataset.freshness_promise}
        services.edit_dataset(actor=self.actor, dataset=dataset, **{**said, **self.body(serializers.DatasetChange)})
        return self.answer(self.serializer_class, selectors.get_dataset(actor=self.actor, dataset_id=pk))

    @extend_schema(
        parameters=[
            OpenApiParameter("at", str, description="A number (v3), a tag, `latest`, a day or a moment: that version."),
            OpenApiParameter("as_of", str, description="A day or a moment: what the newest version was then."),
        ]
    )
    @action(detail=True, methods=["get"])
    def versions(self, request: Request, pk: UUID) -> Response:
        """The versions, newest first; `at` and `as_of` name a single one."""
        dataset = selectors.get_dataset(actor=self.actor, dataset_id=pk)
        rows = selectors.visible_versions(actor=self.actor, dataset_id=dataset.pk)
        if at := request.query_params.get("at"):
            rows = rows.filter(pk=selectors.find_version(actor=self.actor, dataset_id=dataset.pk, at=at).pk)
        if as_of := request.query_params.get("as_of"):
            found = selectors.version_as_of(rows, selectors.moment_of(as_of))
            rows = rows.filter(pk=found.pk) if found else rows.none()
        return self.pages(rows, serializers.VersionSerializer)

    @extend_schema(request=serializers.VersionStart, responses={202: serializers.VersionSerializer})
    @versions.mapping.post
    def add_version(self, request: Request, pk: UUID) -> Response:
        dataset, body = selectors.get_dataset(actor=self.actor, dataset_id=pk), self.body(serializers.VersionStart)
        if body["dataset_version"]:
            version = services.take_version(
                actor=self.actor, dataset=dataset, version_id=body["dataset_version"], review=body["review"]
            )
        elif body["sql"]:
            words = {name: body[name] for name in ("sql", "inputs", "review", "mode", "key")}
            version = services.derive_version(actor=self.actor, dataset=dataset, **words)
        else:
            version = self._begin(dataset, body)
        return self.answer(serializers.VersionSerializer, version, status=202)

    @extend_schema(parameters=[LineageQuery], responses=LineageSerializer)
    @action(detail=True, methods=["get"], pagination_class=None)
    def lineage(self, request: Request, pk: UUID) -> Response:
        """Where the dataset comes from and what was made of it, in both directions or one, so many steps far."""
        graph = graph_of(self.actor, ("dataset", pk), **LineageQuery.of(request))
        return self.answer(LineageSerializer, said_of(graph))

    def _begin(self, dataset: Any, body: dict[str, Any]) -> Any:
        if body["connection"]:
            return services.pull_version(
                actor=self.actor,
                dataset=dataset,
                connection_id=body["connection"],
                place=body["place"],
                pattern=body["pattern"],
                options=body["options"],
                review=body["review"],
                mode=body["mode"],
                key=body["key"],
            )
        upload = selectors.get_upload(actor=self.actor, upload_id=body["upload"])
        return services.create_version(
            actor=self.actor,
            dataset=dataset,
            upload=upload,
            now=now(),
            review=body["review"],
            options=body["options"],
            mode=body["mode"],
            key=body["key"],
        )


class DatasetVersionViewSet(ClassifyingMixin, TaggingMixin, DiffingMixin):
    serializer_class = serializers.VersionSerializer
    permissions = {
        "retrieve": Permission.DATASET_VIEW,
        "profile": Permission.DATASET_VIEW,
        "validation": Permission.DATASET_VIEW,
        "breach": Permission.DATASET_VIEW,
        "see_breach": Permission.DATASET_VIEW,
        "export": Permission.DATASET_VIEW,
        "commit": Permission.DATASET_CREATE,
        "discard": Permission.DATASET_CREATE,
        "classify": Permission.DATASET_CREATE,
        "suggestions": Permission.DATASET_VIEW,
        "diff": Permission.DATASET_VIEW,
        "tag": Permission.DATASET_CREATE,
        "untag": Permission.DATASET_CREATE,
        "roll_back": Permission.DATASET_CREATE,
        "classify_many": Permission.DATASET_CREATE,
        "pause": Permission.DATASET_CREATE,
        "resume": Permission.DATASET_CREATE,
        "destroy_for_good": Permission.DATASET_DESTROY,
    }

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._version(pk))

    @action(detail=True)
    def profile(self, request: Request, pk: UUID) -> Response:
        """What is in the columns; of masked columns (`masked`) only what tells nothing of their values."""
        return Response(selectors.profile_for(self.actor, self._version(pk)))

    @extend_schema(responses=validation_serializers.ValidationReportSerializer)
    @action(detail=True)
    def validation(self, request: Request, pk: UUID) -> Response:
        """What came of the version's expectations; 404 where none were held to it."""
        version = self._version(pk)
        report = selectors.report_of(actor=self.actor, version=version)
        if report is None:
            raise NotFound(_("Nothing was expected of this version's rows."))
        names = selectors.dataset_names(actor=self.actor, project_id=version.project_id)
        quarantine = selectors.quarantine_of(actor=self.actor, version=version)
        return Response(validation_serializers.report_of(report, names, quarantine))

    @extend_schema(responses=validation_serializers.BreachSerializer)
    @action(detail=True)
    def breach(self, request: Request, pk: UUID) -> Response:
        """How the version breaks the data contract, and who has to see it; 404 where it breaks nothing."""
        return Response(validation_serializers.breach_said(self._breach(pk)))

    @extend_schema(request=None, responses=validation_serializers.BreachSerializer)
    @breach.mapping.post
    def see_breach(self, request: Request, pk: UUID) -> Response:
        """Say that one has seen it: for all that one made, or for everything as who decides approvals."""
        breach = services.see_breach(actor=self.actor, breach=self._breach(pk), now=now())
        return Response(validation_serializers.breach_said(breach))

    def _breach(self, pk: UUID) -> Any:
        breach = selectors.breach_of(actor=self.actor, version=self._version(pk))
        if breach is None:
            raise NotFound(_("This version breaks no contract."))
        return breach

    @extend_schema(
        parameters=[serializers.ExportWanted],
        responses={(200, form.media_type): OpenApiTypes.BINARY for form in ExportFormat},
    )
    @action(detail=True)
    def export(self, request: Request, pk: UUID) -> HttpResponseBase:
        """The version's rows as one file: Parquet, CSV, Arrow, or a zip with a Delta Lake or Iceberg table."""
        version, wanted = self._version(pk), serializers.ExportWanted(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        form = wanted.validated_data["form"]
        rows = services.export_stream(actor=self.actor, version=version, **wanted.validated_data)
        return attached(rows, name=services.export_name(self.actor, version, form), kind=ExportFormat(form).media_type)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def commit(self, request: Request, pk: UUID) -> Response:
        version = services.commit_version(actor=self.actor, version=self._version(pk), now=now())
        return self.answer(self.serializer_class, version)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, services.discard_version(actor=self.actor, version=self._version(pk)))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: UUID) -> Response:
        """Halt the reading through a connection; what is in stays."""
        version = services.pause_version(actor=self.actor, version=self._version(pk), now=now())
        return self.answer(self.serializer_class, version)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: UUID) -> Response:
        """Go on reading after the last piece that is in."""
        return self.answer(self.serializer_class, services.resume_version(actor=self.actor, version=self._version(pk)))

    @extend_schema(request=serializers.DestroyChoice, responses={202: serializers.VersionSerializer})
    @action(detail=True, methods=["post"], url_path="destroy")
    def destroy_for_good(self, request: Request, pk: UUID) -> Response:
        """Destroy the version's rows and every key that opens them; its name, digest and columns stay on record."""
        body = self.body(serializers.DestroyChoice)
        version = services.ask_to_destroy(actor=self.actor, version=self._version(pk), **body)
        return self.answer(self.serializer_class, version, status=202)

    @extend_schema(request=serializers.ColumnClassChoice)
    @action(detail=True, methods=["post"])
    def classify(self, request: Request, pk: UUID) -> Response:
        body = self.body(serializers.ColumnClassChoice)
        version = services.classify_column(actor=self.actor, version=self._version(pk), **body)
        return self.answer(self.serializer_class, version)

    def _version(self, pk: UUID) -> Any:
        return selectors.get_version(actor=self.actor, version_id=pk)
