from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.features import selectors, services
from apps.features.models import TrainingSet


class ViewChoice(serializers.Serializer):
    view = serializers.UUIDField()
    keys = serializers.DictField(child=serializers.CharField(), required=False, default=dict)
    features = serializers.ListField(child=serializers.CharField(), required=False, allow_null=True, default=None)


class OnDemandChoice(serializers.Serializer):
    id = serializers.UUIDField()
    request = serializers.DictField(child=serializers.CharField(), required=False, default=dict)
    features = serializers.ListField(child=serializers.CharField(), required=False, allow_null=True, default=None)


class OnDemandChoiceOrId(OnDemandChoice):
    """An id alone takes all features, each request value from the column of its name."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value({"id": data} if isinstance(data, str) else data)


class TrainingSetSerializer(serializers.ModelSerializer):
    service_name = serializers.CharField(source="service", default=None, read_only=True)
    failure = serializers.CharField(source="failure_said", read_only=True)
    digest = serializers.SerializerMethodField()
    destroyed_because = serializers.SerializerMethodField()
    warnings = serializers.SerializerMethodField()

    class Meta:
        model = TrainingSet
        exclude = ["tenant", "created_by", "lake_table", "binned_from", "failure_words"]

    def get_digest(self, training_set: TrainingSet) -> str:
        """Of the rows; empty where they hold values that are masked for you."""
        return selectors.digest_for(self.context["view"].actor, training_set)

    def get_destroyed_because(self, training_set: TrainingSet) -> str:
        return selectors.destroyed_in_words(training_set)

    def get_warnings(self, training_set: TrainingSet) -> list[str]:
        """Where somebody opted out of when values became known, and where the SQL of a view looks ahead."""
        return services.warnings_of_join(training_set)


class TrainingSetMeaning(serializers.Serializer):
    project = serializers.SlugField()
    base_version = serializers.UUIDField()
    label = serializers.CharField(max_length=255)  # type: ignore[assignment]
    features = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        allow_null=True,
        default=None,
        help_text="Columns of the base; without them all but label, event time, group and what holds join keys.",
    )
    event_time = serializers.CharField(required=False, allow_blank=True, default="")
    group = serializers.CharField(required=False, allow_blank=True, default="")
    window_start = serializers.DateTimeField(required=False, allow_null=True, default=None)
    window_end = serializers.DateTimeField(required=False, allow_null=True, default=None)
    views = ViewChoice(many=True, required=False, default=list)
    service = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="A feature service, whose views are taken."
    )
    keys = serializers.DictField(
        child=serializers.CharField(),
        required=False,
        default=dict,
        help_text="Of a service: which column of the base version each join key stands in.",
    )
    on_demand = OnDemandChoiceOrId(many=True, required=False, default=list)
    ignore_known_since = serializers.BooleanField(required=False, default=False)


class TrainingSetStart(TrainingSetMeaning):
    name = serializers.CharField(max_length=63)
    description = serializers.CharField(required=False, allow_blank=True, default="")
