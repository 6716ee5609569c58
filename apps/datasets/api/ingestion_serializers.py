from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.datasets.choices import Mode
from apps.datasets.forms import MOST_KEYS
from apps.datasets.models import Ingestion


class KeyField(serializers.ListField):
    """The columns whose values name a row."""

    def __init__(self, **words: Any) -> None:
        words.setdefault("required", False)
        super().__init__(child=serializers.CharField(max_length=255), max_length=MOST_KEYS, **words)


class IngestionSerializer(serializers.ModelSerializer[Ingestion]):
    """`cron` is read in `zone`; `trouble` says why the last time that was due brought nothing."""

    project = serializers.SlugField(source="project.slug", read_only=True)
    dataset_name = serializers.CharField(source="dataset.name", read_only=True)
    connection_name = serializers.CharField(source="connection.name", read_only=True)
    last_version = serializers.UUIDField(source="last_id", read_only=True, allow_null=True)
    last_state = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Ingestion
        fields = [
            "id",
            "project",
            "dataset",
            "dataset_name",
            "connection",
            "connection_name",
            "place",
            "pattern",
            "options",
            "mode",
            "key",
            "cursor",
            "cron",
            "zone",
            "after",
            "review",
            "state",
            "next_at",
            "trouble",
            "last_version",
            "last_state",
            "created_at",
        ]
        read_only_fields = fields


class IngestionChange(serializers.Serializer[Any]):
    """What is not named stays. Where something else is read, it is read from its beginning."""

    connection = serializers.UUIDField(required=False)
    place = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    pattern = serializers.CharField(required=False, allow_blank=True, max_length=200)
    options = serializers.DictField(required=False)
    mode = serializers.ChoiceField(choices=Mode.choices, required=False)
    key = KeyField()
    cursor = serializers.CharField(required=False, allow_blank=True, max_length=255)
    cron = serializers.CharField(required=False, allow_blank=True, max_length=100)
    zone = serializers.CharField(required=False, max_length=64)
    after = serializers.UUIDField(required=False, allow_null=True)
    review = serializers.BooleanField(required=False)


class IngestionWanted(IngestionChange):
    """What is read into `dataset` through `connection`: how it is put to what is there, and when."""

    dataset = serializers.UUIDField()
    connection = serializers.UUIDField()


class ForeseenSerializer(serializers.Serializer[Any]):
    """What a span holds of the newest version's `row_count` rows; `days` where the cursor is a time."""

    rows = serializers.IntegerField()
    row_count = serializers.IntegerField()
    first = serializers.CharField(allow_null=True)
    last = serializers.CharField(allow_null=True)
    days = serializers.IntegerField(allow_null=True)


class IngestionRunWanted(serializers.Serializer[Any]):
    """Nothing, or a span of the cursor that is read anew and replaces what is there of it."""

    since = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    until = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
