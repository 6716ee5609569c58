from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.features import services
from apps.features.api.projects import ProjectListViewSet
from apps.features.api.serializers import FeatureViewDetail, FeatureViewMade, FeatureViewSerializer
from apps.features.choices import KnownSince, WindowFunction
from foundation.access import Permission


class AggregationStart(serializers.Serializer):
    name = serializers.CharField(max_length=63)
    function = serializers.ChoiceField(choices=WindowFunction.choices)
    column = serializers.CharField(max_length=255, required=False, allow_blank=True, default="")
    seconds = serializers.IntegerField(min_value=1)
    quantile = serializers.FloatField(required=False, allow_null=True, default=None, min_value=0, max_value=1)


class EventsStart(serializers.Serializer):
    project = serializers.SlugField()
    version_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    stream_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    sql = serializers.CharField(required=False, allow_blank=True, default="")


class WindowsStart(EventsStart):
    entity = serializers.CharField()
    name = serializers.CharField(max_length=63)
    event_time = serializers.CharField(max_length=255)
    slide_seconds = serializers.IntegerField(min_value=1)
    aggregations = AggregationStart(many=True)
    known_since = serializers.ChoiceField(choices=KnownSince.choices, required=False, allow_blank=True, default="")
    created_column = serializers.CharField(required=False, allow_blank=True, default="")
    ttl_seconds = serializers.IntegerField(required=False, allow_null=True, default=None)
    description = serializers.CharField(required=False, allow_blank=True, default="")
    owner = serializers.EmailField(required=False, allow_blank=True, default="", help_text="Else whoever asks.")
    tags = serializers.ListField(child=serializers.CharField(max_length=40), required=False, default=list)


class WindowsViewSet(ProjectListViewSet):
    """Feature views whose features are windows over events; they are read as every feature view is."""

    serializer_class = FeatureViewSerializer
    permissions = {"create": Permission.FEATURE_DEFINE, "preview": Permission.FEATURE_DEFINE}
    only_read = frozenset({"preview"})

    @extend_schema(request=WindowsStart, responses={202: FeatureViewMade})
    def create(self, request: Request) -> Response:
        body = self.body(WindowsStart)
        project = self.project_of(body.pop("project"))
        entity = services.entity_called(actor=self.actor, project=project, name=body.pop("entity"))
        view = services.define_windows(actor=self.actor, project=project, entity=entity, **body)
        return self.made(FeatureViewDetail, view, status=202)

    @extend_schema(request=EventsStart)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        body = self.body(EventsStart)
        rows = services.preview_events(actor=self.actor, project=self.project_of(body.pop("project")), **body)
        warnings = services.warnings_of_sql(body["sql"]) if body["sql"] else []
        shown = [list(row.values()) for row in rows.to_pylist()]
        return Response({"columns": rows.column_names, "rows": shown, "warnings": warnings})
