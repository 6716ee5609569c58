from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.features import selectors
from apps.features.models import Entity, FeatureView, OnDemandView, TrainingSet


class EntitySerializer(serializers.ModelSerializer):
    class Meta:
        model = Entity
        fields = ["id", "name", "join_keys", "description", "project", "created_at"]


class EntityStart(serializers.Serializer):
    project = serializers.SlugField()
    name = serializers.CharField(max_length=63)
    join_keys = serializers.ListField(child=serializers.CharField(max_length=255))
    description = serializers.CharField(required=False, allow_blank=True, default="")


class FeatureViewSerializer(serializers.ModelSerializer):
    entity_name = serializers.CharField(source="entity.name", read_only=True)
    digest = serializers.SerializerMethodField()
    destroyed_because = serializers.SerializerMethodField()

    class Meta:
        model = FeatureView
        exclude = ["tenant", "created_by", "first_profile", "lake_table", "named_by"]

    def get_digest(self, view: FeatureView) -> str:
        """Of the rows; empty where they hold values that are masked for you."""
        return selectors.digest_for(self.context["view"].actor, view)

    def get_destroyed_because(self, view: FeatureView) -> str:
        return selectors.destroyed_in_words(view)


class FeatureViewStart(serializers.Serializer):
    project = serializers.SlugField()
    entity = serializers.CharField()
    name = serializers.CharField(max_length=63)
    sql = serializers.CharField()
    inputs = serializers.DictField(child=serializers.UUIDField())
    event_time = serializers.CharField(max_length=255)
    created_column = serializers.CharField(required=False, allow_blank=True, default="")
    ttl_seconds = serializers.IntegerField(required=False, allow_null=True, default=None)
    description = serializers.CharField(required=False, allow_blank=True, default="")


class PreviewStart(serializers.Serializer):
    project = serializers.SlugField()
    sql = serializers.CharField()
    inputs = serializers.DictField(child=serializers.UUIDField())


class ViewChoice(serializers.Serializer):
    view = serializers.UUIDField()
    keys = serializers.DictField(child=serializers.CharField(), required=False, default=dict)
    features = serializers.ListField(child=serializers.CharField(), required=False, allow_null=True, default=None)


class OnDemandViewSerializer(serializers.ModelSerializer):
    class Meta:
        model = OnDemandView
        exclude = ["tenant", "created_by", "owner"]


class UsedView(serializers.Serializer):
    view = serializers.UUIDField()
    features = serializers.ListField(child=serializers.CharField(), required=False, allow_null=True, default=None)


class OnDemandFeature(serializers.Serializer):
    name = serializers.CharField(max_length=63)
    expression = serializers.CharField(max_length=10_000)
    type = serializers.CharField(max_length=63, required=False, allow_blank=True, default="")


class OnDemandDefinition(serializers.Serializer):
    project = serializers.SlugField()
    request = serializers.DictField(child=serializers.CharField(max_length=63), required=False, default=dict)
    uses = UsedView(many=True, required=False, default=list)
    features = OnDemandFeature(many=True)


class OnDemandStart(OnDemandDefinition):
    name = serializers.CharField(max_length=63)
    description = serializers.CharField(required=False, allow_blank=True, default="")
    tags = serializers.ListField(child=serializers.CharField(), required=False, default=list)


class TriedRows(serializers.Serializer):
    rows = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=100)


class OnDemandTry(OnDemandDefinition, TriedRows):
    pass


class OnDemandRow(serializers.Serializer):
    entity = serializers.DictField(required=False, default=dict)
    request = serializers.DictField(required=False, default=dict)


class OnDemandQuestion(serializers.Serializer):
    rows = serializers.ListField(child=OnDemandRow(), min_length=1, max_length=1000)


class OnDemandChoice(serializers.Serializer):
    id = serializers.UUIDField()
    request = serializers.DictField(child=serializers.CharField(), required=False, default=dict)
    features = serializers.ListField(child=serializers.CharField(), required=False, allow_null=True, default=None)


class OnDemandChoiceOrId(OnDemandChoice):
    """An id alone takes all features, each request value from the column of its name."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value({"id": data} if isinstance(data, str) else data)


class TrainingSetSerializer(serializers.ModelSerializer):
    digest = serializers.SerializerMethodField()
    destroyed_because = serializers.SerializerMethodField()

    class Meta:
        model = TrainingSet
        exclude = ["tenant", "created_by", "lake_table"]

    def get_digest(self, training_set: TrainingSet) -> str:
        """Of the rows; empty where they hold values that are masked for you."""
        return selectors.digest_for(self.context["view"].actor, training_set)

    def get_destroyed_because(self, training_set: TrainingSet) -> str:
        return selectors.destroyed_in_words(training_set)


class TrainingSetMeaning(serializers.Serializer):
    project = serializers.SlugField()
    base_version = serializers.UUIDField()
    label = serializers.CharField(max_length=255)  # type: ignore[assignment]
    features = serializers.ListField(child=serializers.CharField(), required=False, allow_null=True, default=None)
    event_time = serializers.CharField(required=False, allow_blank=True, default="")
    group = serializers.CharField(required=False, allow_blank=True, default="")
    window_start = serializers.DateTimeField(required=False, allow_null=True, default=None)
    window_end = serializers.DateTimeField(required=False, allow_null=True, default=None)
    views = ViewChoice(many=True, required=False, default=list)
    on_demand = OnDemandChoiceOrId(many=True, required=False, default=list)


class TrainingSetStart(TrainingSetMeaning):
    name = serializers.CharField(max_length=63)
    description = serializers.CharField(required=False, allow_blank=True, default="")


class OnlineQuestion(serializers.Serializer):
    views = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=20)
    entities = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=1000)
