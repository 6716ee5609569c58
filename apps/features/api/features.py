"""Features one by one: found, described, and compared."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.features import forms, selectors, services
from apps.features.api import feature_serializers as serializers
from apps.features.api.projects import ProjectListViewSet
from apps.features.choices import Against, FeatureKind, FeatureUse, Within
from foundation.access import Permission
from foundation.errors import Invalid, NotFound

_FILTERS = [
    OpenApiParameter("project", str, required=True, description="The project's short name."),
    OpenApiParameter(
        "q", str, description="Words of the name, description, view, entity, tags, owner, or of a service that has it."
    ),
    OpenApiParameter("kind", str, enum=FeatureKind.values, description="What it holds."),
    OpenApiParameter("made", str, enum=["ahead", "asked"], description="By a view, or when it is asked for."),
    OpenApiParameter("entity", str, description="The name of its entity."),
    OpenApiParameter("missing", float, description="At most so many per cent of the values are missing."),
    OpenApiParameter("mean_from", float, description="Its mean is no smaller; of personal values none is known."),
    OpenApiParameter("mean_to", float, description="Its mean is no larger."),
    OpenApiParameter("distinct_from", int, description="It has about so many distinct values at least."),
    OpenApiParameter("distinct_to", int, description="It has about so many distinct values at most."),
    OpenApiParameter(
        "skewed", str, enum=["no", "only"], description="Without those served otherwise than learned, or these alone."
    ),
    OpenApiParameter("within", str, enum=Within.values, description="Its newest value is no older."),
    OpenApiParameter("used", str, enum=FeatureUse.values, description="By what it is used, or nothing."),
    OpenApiParameter("owner", str, description="The name of whoever speaks for its view."),
    OpenApiParameter("tag", str, description="A tag of its view."),
    OpenApiParameter("deprecated", str, enum=["no", "only"], description="Without deprecated ones, or these alone."),
    OpenApiParameter("versions", str, enum=["all"], description="Those of earlier versions of views as well."),
]

_AGAINST = OpenApiParameter("against", str, description="first, before, or the name of a period with rows enough.")


class FeatureViewSet(ProjectListViewSet):
    serializer_class = serializers.FeatureSerializer
    permissions = {
        "list": Permission.FEATURE_VIEW,
        "retrieve": Permission.FEATURE_VIEW,
        "partial_update": Permission.FEATURE_DEFINE,
        "drift": Permission.FEATURE_VIEW,
        "drift_in": Permission.FEATURE_VIEW,
        "similar": Permission.FEATURE_VIEW,
        "similar_to_sql": Permission.FEATURE_DEFINE,
    }
    only_read = frozenset({"similar_to_sql"})

    @extend_schema(parameters=_FILTERS, filters=False)
    def list(self, request: Request) -> Response:
        """Features of the current versions of views, by name."""
        project = self.wanted_project(request)
        every = request.query_params.get("versions") == "all"
        rows = selectors.visible_features(actor=self.actor, project_id=project.pk, every_version=every)
        found = forms.FeatureFilter(request.query_params, rows, actor=self.actor)
        if not found.is_valid():
            fields = {name: [str(said) for said in errors] for name, errors in found.errors.items()}
            raise Invalid(_("A filter says what cannot be looked for."), fields=fields)
        return self.pages(found.qs, self.serializer_class, ordering=("name", "id"))

    @extend_schema(responses=serializers.FeatureDetailSerializer)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        feature = selectors.get_feature(actor=self.actor, feature_id=pk)
        return self.answer(serializers.FeatureDetailSerializer, feature)

    @extend_schema(request=serializers.FeatureChange, responses=serializers.FeatureDetailSerializer)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Say what it means."""
        feature = selectors.get_feature(actor=self.actor, feature_id=pk)
        services.describe_feature(actor=self.actor, feature=feature, **self.body(serializers.FeatureChange))
        return self.retrieve(request, pk)

    @extend_schema(parameters=[_AGAINST], responses=serializers.DriftSerializer, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def drift(self, request: Request, pk: UUID) -> Response:
        """How far its values moved along its event time, by the index that monitors take."""
        feature = selectors.get_feature(actor=self.actor, feature_id=pk)
        against = request.query_params.get("against", Against.FIRST)
        found = services.drift_over_time(actor=self.actor, feature=feature, against=against)
        told = found or selectors.Drift(unit="", masked=False, periods=[])
        return self.answer(serializers.DriftSerializer, told)

    @extend_schema(
        operation_id="features_drift_in",
        parameters=[OpenApiParameter("against", str, description="first, before, or the name of a period.")],
        responses=serializers.SliceSerializer,
        filters=False,
    )
    @action(detail=True, methods=["get"], pagination_class=None, url_path="drift/<slug:period>")
    def drift_in(self, request: Request, pk: UUID, period: str) -> Response:
        """One period beside the one that it is held against: counts, figures and how both are spread."""
        feature = selectors.get_feature(actor=self.actor, feature_id=pk)
        against = request.query_params.get("against", "")
        found = services.slice_called(actor=self.actor, feature=feature, name=period, against=against)
        if found is None:
            raise NotFound(_("You see the event time masked, so nothing is shown along it."))
        return self.answer(serializers.SliceSerializer, found)

    @extend_schema(responses=serializers.AlikeSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def similar(self, request: Request, pk: UUID) -> Response:
        """Features of other views with a similar name, the same columns or the same values."""
        feature = selectors.get_feature(actor=self.actor, feature_id=pk)
        found = selectors.like_feature(actor=self.actor, feature=feature)
        return Response({"results": serializers.AlikeSerializer(found, many=True).data})

    @extend_schema(request=serializers.SimilarQuestion, responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["post"], url_path="similar-to-sql")
    def similar_to_sql(self, request: Request) -> Response:
        """By the names of the features that a definition would have: those that are there and like them."""
        body = self.body(serializers.SimilarQuestion)
        found = services.similar_to_sql(actor=self.actor, project=self.project_of(body.pop("project")), **body)
        said = {name: serializers.AlikeSerializer(same, many=True).data for name, same in found.items()}
        return Response({"results": said})
