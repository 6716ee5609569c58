from __future__ import annotations

from rest_framework import serializers

from apps.features import selectors
from apps.features.models import Entity, FeatureView, Retrieval, TrainingSet


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


class TrainingSetSerializer(serializers.ModelSerializer):
    digest = serializers.SerializerMethodField()
    destroyed_because = serializers.SerializerMethodField()
    warning = serializers.SerializerMethodField()

    class Meta:
        model = TrainingSet
        exclude = ["tenant", "created_by", "lake_table"]

    def get_digest(self, training_set: TrainingSet) -> str:
        """Of the rows; empty where they hold values that are masked for you."""
        return selectors.digest_for(self.context["view"].actor, training_set)

    def get_destroyed_because(self, training_set: TrainingSet) -> str:
        return selectors.destroyed_in_words(training_set)

    def get_warning(self, training_set: TrainingSet) -> str:
        """That corrections are seen early, where somebody opted out of when values became known."""
        return selectors.early_in_words(training_set)


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
    ignore_known_since = serializers.BooleanField(required=False, default=False)
    description = serializers.CharField(required=False, allow_blank=True, default="")


class RetrievalSerializer(serializers.ModelSerializer):
    step = serializers.SerializerMethodField()
    percent = serializers.SerializerMethodField()
    times = serializers.SerializerMethodField()
    warning = serializers.SerializerMethodField()

    class Meta:
        model = Retrieval
        exclude = ["tenant", "created_by", "asked_by", "lake_table", "lake_snapshot"]

    def get_step(self, retrieval: Retrieval) -> str:
        """What its job is doing, in words."""
        return selectors.progress_of(self.context["view"].actor, retrieval)[0]

    def get_percent(self, retrieval: Retrieval) -> float | None:
        return selectors.progress_of(self.context["view"].actor, retrieval)[1]

    def get_times(self, retrieval: Retrieval) -> str:
        """How times without a zone were read, in the rows as in the views."""
        return selectors.times_in_words()

    def get_warning(self, retrieval: Retrieval) -> str:
        return selectors.early_in_words(retrieval)


class RetrievalStart(serializers.Serializer):
    project = serializers.SlugField()
    features = serializers.ListField(child=serializers.CharField(max_length=400), min_length=1, max_length=1000)
    event_time = serializers.CharField(max_length=255)
    base_version = serializers.UUIDField(required=False, allow_null=True, default=None)
    upload = serializers.UUIDField(required=False, allow_null=True, default=None)
    keys = serializers.DictField(child=serializers.CharField(), required=False, default=dict)
    full_names = serializers.BooleanField(required=False, default=False)
    ignore_known_since = serializers.BooleanField(required=False, default=False)


class RowsWanted(serializers.Serializer):
    form = serializers.ChoiceField(choices=["parquet", "arrow", "csv"], required=False, default="parquet")
    exact = serializers.BooleanField(required=False, default=False)


class OnlineQuestion(serializers.Serializer):
    views = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=20)
    entities = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=1000)
