from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.datasets import selectors, services
from apps.datasets.api import serializers
from apps.datasets.api.parsers import ChunkParser
from apps.datasets.choices import ExportFormat
from apps.projects import selectors as projects
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import Invalid
from foundation.web.api import PortalViewSet
from foundation.web.downloads import attached


class UploadViewSet(PortalViewSet):
    """Files on their way in: announce, send chunks from the offset, complete."""

    serializer_class = serializers.UploadSerializer
    permissions = dict.fromkeys(("create", "retrieve", "update", "complete", "destroy"), Permission.DATASET_CREATE)

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
        given = request.headers.get("Upload-Offset", "")
        if not given.isdigit():
            raise Invalid(_("The header Upload-Offset says at which byte this chunk begins; it is missing."))
        upload = services.append_chunk(
            actor=self.actor, upload_id=pk, offset=int(given), data=cast(bytes, request.data)
        )
        return self.answer(self.serializer_class, upload)

    def destroy(self, request: Request, pk: UUID) -> Response:
        services.cancel_upload(actor=self.actor, upload_id=pk)
        return Response(status=204)

    def get_parsers(self) -> list[Any]:
        # The schema is made without a request.
        chunk = self.request is not None and self.request.method == "PUT"
        return [ChunkParser()] if chunk else super().get_parsers()

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, services.complete_upload(actor=self.actor, upload_id=pk, now=now()))


class DatasetViewSet(PortalViewSet):
    serializer_class = serializers.DatasetSerializer
    permissions = {
        "list": Permission.DATASET_VIEW,
        "retrieve": Permission.DATASET_VIEW,
        "create": Permission.DATASET_CREATE,
        "versions": Permission.DATASET_VIEW,
        "add_version": Permission.DATASET_CREATE,
    }

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

    @action(detail=True, methods=["get"])
    def versions(self, request: Request, pk: UUID) -> Response:
        dataset = selectors.get_dataset(actor=self.actor, dataset_id=pk)
        rows = selectors.visible_versions(actor=self.actor, dataset_id=dataset.pk)
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
            version = services.derive_version(
                actor=self.actor, dataset=dataset, sql=body["sql"], inputs=body["inputs"], review=body["review"]
            )
        else:
            version = self._begin(dataset, body)
        return self.answer(serializers.VersionSerializer, version, status=202)

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
            )
        upload = selectors.get_upload(actor=self.actor, upload_id=body["upload"])
        return services.create_version(
            actor=self.actor,
            dataset=dataset,
            upload=upload,
            now=now(),
            review=body["review"],
            options=body["options"],
        )


class DatasetVersionViewSet(PortalViewSet):
    serializer_class = serializers.VersionSerializer
    permissions = {
        "retrieve": Permission.DATASET_VIEW,
        "profile": Permission.DATASET_VIEW,
        "export": Permission.DATASET_VIEW,
        "commit": Permission.DATASET_CREATE,
        "discard": Permission.DATASET_CREATE,
        "classify": Permission.DATASET_CREATE,
        "destroy_for_good": Permission.DATASET_DESTROY,
    }

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._version(pk))

    @action(detail=True)
    def profile(self, request: Request, pk: UUID) -> Response:
        return Response(self._version(pk).profile)

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
        return attached(rows, name=services.export_name(version, form), kind=ExportFormat(form).media_type)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def commit(self, request: Request, pk: UUID) -> Response:
        version = services.commit_version(actor=self.actor, version=self._version(pk), now=now())
        return self.answer(self.serializer_class, version)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, services.discard_version(actor=self.actor, version=self._version(pk)))

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
