from __future__ import annotations

from uuid import UUID

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.datasets.choices import ExportFormat
from apps.features import selectors, services
from apps.features.api import retrieval_serializers as serializers
from apps.features.api.projects import ProjectListViewSet
from foundation.access import Permission
from foundation.web.downloads import attached

_FORMS = (ExportFormat.PARQUET, ExportFormat.ARROW, ExportFormat.CSV)


class HistoricalFeatureViewSet(ProjectListViewSet):
    """Features as they were known at the time of each of your rows; kept for a day, for whoever asked."""

    serializer_class = serializers.RetrievalSerializer
    permissions = {
        "list": Permission.FEATURE_VIEW,
        "retrieve": Permission.FEATURE_VIEW,
        "create": Permission.FEATURE_DEFINE,
        "destroy": Permission.FEATURE_DEFINE,
        "rows": Permission.FEATURE_DEFINE,
    }

    def list(self, request: Request) -> Response:
        project = self.wanted_project(request)
        rows = selectors.visible_retrievals(actor=self.actor, project_id=project.pk)
        return self.pages(rows, self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, selectors.get_retrieval(actor=self.actor, retrieval_id=pk))

    @extend_schema(request=serializers.RetrievalStart, responses={202: serializers.RetrievalSerializer})
    def create(self, request: Request) -> Response:
        """The rows are a dataset version, or an upload of up to 1 GB: Parquet, Arrow, CSV."""
        body = self.body(serializers.RetrievalStart)
        project = self.project_of(body.pop("project"))
        where = {"base_version_id": body.pop("base_version"), "upload_id": body.pop("upload")}
        row = services.ask_for_history(actor=self.actor, project=project, **where, **body)
        return self.answer(self.serializer_class, row, status=202)

    def destroy(self, request: Request, pk: UUID) -> Response:
        """End the join where it is running, and keep nothing."""
        retrieval = selectors.get_retrieval(actor=self.actor, retrieval_id=pk)
        services.drop_retrieval(actor=self.actor, retrieval=retrieval)
        return Response(status=204)

    @extend_schema(
        parameters=[serializers.RowsWanted],
        responses={(200, form.media_type): OpenApiTypes.BINARY for form in _FORMS},
    )
    @action(detail=True)
    def rows(self, request: Request, pk: UUID) -> HttpResponseBase:
        """One row for each of yours, as Parquet, Arrow or CSV; covered columns masked for whoever sees them so."""
        retrieval = selectors.get_retrieval(actor=self.actor, retrieval_id=pk)
        wanted = serializers.RowsWanted(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        form = ExportFormat(wanted.validated_data["form"])
        rows = services.retrieval_stream(actor=self.actor, retrieval=retrieval, **wanted.validated_data)
        return attached(rows, name=f"features-{retrieval}{form.ending}", kind=form.media_type)
