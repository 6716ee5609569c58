from __future__ import annotations

from rest_framework import serializers

from apps.features import selectors
from apps.features.choices import MOST_FRESHNESS_S
from apps.features.models import Entity, FeatureView, Materialisation, TrainingSet
from foundation.clock import now


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
    event_age_seconds = serializers.SerializerMethodField()

    class Meta:
        model = FeatureView
        exclude = ["tenant", "created_by", "first_profile", "lake_table", "named_by"]

    def get_event_age_seconds(self, view: FeatureView) -> int | None:
        """How old the latest event among the values online is."""
        age = selectors.event_age(view, now())
        return None if age is None else int(age.total_seconds())

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


class TrainingSetStart(serializers.Serializer):
    project = serializers.SlugField()
    name = serializers.CharField(max_length=63)
    base_version = serializers.UUIDField()
    label = serializers.CharField(max_length=255)  # type: ignore[assignment]
    features = serializers.ListField(child=serializers.CharField(), required=False, allow_null=True, default=None)
    event_time = serializers.CharField(required=False, allow_blank=True, default="")
    group = serializers.CharField(required=False, allow_blank=True, default="")
    window_start = serializers.DateTimeField(required=False, allow_null=True, default=None)
    window_end = serializers.DateTimeField(required=False, allow_null=True, default=None)
    views = ViewChoice(many=True, required=False, default=list)
    description = serializers.CharField(required=False, allow_blank=True, default="")


class MaterialisationSerializer(serializers.ModelSerializer):
    percent = serializers.IntegerField(read_only=True)

    class Meta:
        model = Materialisation
        exclude = ["tenant", "project", "parting", "lake_snapshot", "since_snapshot"]


class Freshness(serializers.Serializer):
    # None: as old as it likes.
    seconds = serializers.IntegerField(allow_null=True, min_value=1, max_value=MOST_FRESHNESS_S)


class ReaderQuestion(serializers.Serializer):
    views = serializers.ListField(child=serializers.CharField(max_length=80), required=False, max_length=20)
    service = serializers.CharField(required=False, max_length=80)
    features = serializers.ListField(child=serializers.CharField(max_length=255), required=False)
    project = serializers.SlugField(required=False)


class OnlineQuestion(ReaderQuestion):
    entities = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=1000)
