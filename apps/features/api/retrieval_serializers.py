from __future__ import annotations

from rest_framework import serializers

from apps.features import selectors
from apps.features.models import Retrieval


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
