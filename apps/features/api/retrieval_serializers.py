from __future__ import annotations

from rest_framework import serializers

from apps.features import selectors, services
from apps.features.models import Retrieval


class RetrievalSerializer(serializers.ModelSerializer):
    failure = serializers.CharField(source="failure_said", read_only=True)
    step = serializers.SerializerMethodField()
    percent = serializers.SerializerMethodField()
    times = serializers.SerializerMethodField()
    warnings = serializers.SerializerMethodField()

    class Meta:
        model = Retrieval
        exclude = ["tenant", "created_by", "asked_by", "lake_table", "lake_snapshot", "failure_words"]

    def get_step(self, retrieval: Retrieval) -> str:
        """What its job is doing, in words."""
        return selectors.progress_of(self.context["view"].actor, retrieval)[0]

    def get_percent(self, retrieval: Retrieval) -> float | None:
        return selectors.progress_of(self.context["view"].actor, retrieval)[1]

    def get_times(self, retrieval: Retrieval) -> str:
        """How times without a zone were read, in the rows as in the views."""
        return selectors.times_in_words()

    def get_warnings(self, retrieval: Retrieval) -> list[str]:
        """Where whoever asked opted out of when values became known, and where the SQL of a view looks ahead."""
        return services.warnings_of_join(retrieval)


class RetrievalStart(serializers.Serializer):
    project = serializers.SlugField()
    features = serializers.ListField(
        child=serializers.CharField(max_length=400), required=False, default=list, max_length=1000
    )
    service = serializers.CharField(
        max_length=80,
        required=False,
        allow_blank=True,
        default="",
        help_text="A feature service, or name@2 for its second version: its features are taken beside those named.",
    )
    event_time = serializers.CharField(max_length=255)
    base_version = serializers.UUIDField(required=False, allow_null=True, default=None)
    upload = serializers.UUIDField(required=False, allow_null=True, default=None)
    keys = serializers.DictField(child=serializers.CharField(), required=False, default=dict)
    request = serializers.DictField(
        child=serializers.CharField(),
        required=False,
        default=dict,
        help_text="Which column holds a value that on-demand features ask for, where it is called otherwise.",
    )
    full_names = serializers.BooleanField(required=False, default=False)
    ignore_known_since = serializers.BooleanField(required=False, default=False)


class RowsWanted(serializers.Serializer):
    form = serializers.ChoiceField(choices=["parquet", "arrow", "csv"], required=False, default="parquet")
    exact = serializers.BooleanField(required=False, default=False)
