from __future__ import annotations

import base64
import binascii
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.streams.choices import MOST_SCHEMA_BYTES, Begin, ColumnType, Cut, EventFormat, Late
from apps.streams.models import Stream


class StreamSerializer(serializers.ModelSerializer[Stream]):
    """`rows`, `late_rows` and `quarantined` count all that came, `lag` what waits (about, where the broker cannot say).

    `left_out` counts events of people who were erased before these were read; `tokenised` names the columns that stand
    in the dataset's table as tokens.

    Without a `connection` events are pushed to `events/`. `watermark`: what is older is late.
    """

    project = serializers.SlugField(source="project.slug", read_only=True)
    dataset = serializers.UUIDField(source="dataset_id", read_only=True)
    connection = serializers.UUIDField(source="connection_id", read_only=True, allow_null=True)
    event_schema = serializers.SerializerMethodField()

    failure = serializers.CharField(source="failure_said", read_only=True)

    class Meta:
        model = Stream
        fields = [
            "id",
            "name",
            "project",
            "dataset",
            "connection",
            "topic",
            "begin",
            "format",
            "event_schema",
            "message",
            "columns",
            "tokenised",
            "event_time",
            "lateness",
            "late",
            "batch_rows",
            "batch_seconds",
            "cut",
            "cut_rows",
            "state",
            "failure",
            "gap",
            "rows",
            "late_rows",
            "quarantined",
            "left_out",
            "replayed",
            "lag",
            "per_second",
            "watermark",
            "committed_at",
            "cut_at",
            "created_at",
        ]
        read_only_fields = fields

    def get_event_schema(self, stream: Stream) -> str:
        """In base64; empty for JSON."""
        return base64.b64encode(bytes(stream.event_schema)).decode()


class Base64Field(serializers.CharField):
    def to_internal_value(self, data: Any) -> Any:
        try:
            return base64.b64decode(super().to_internal_value(data), validate=True)
        except (binascii.Error, ValueError) as error:
            raise serializers.ValidationError(_("This is no base64.")) from error


class ColumnWanted(serializers.Serializer[Any]):
    """`tokenise`: its values are replaced by tokens before they reach the dataset. Left out, it is as it was, and as
    the dataset has the column."""

    name = serializers.CharField(max_length=255)
    type = serializers.ChoiceField(choices=ColumnType.choices)
    required = serializers.BooleanField(default=False)  # type: ignore[assignment]
    tokenise = serializers.BooleanField(required=False, allow_null=True, default=None)


class _Words(serializers.Serializer[Any]):
    columns = ColumnWanted(many=True, required=False)
    event_time = serializers.CharField(max_length=255, required=False, allow_blank=True)
    lateness = serializers.DurationField(required=False)
    late = serializers.ChoiceField(choices=Late.choices, required=False)
    batch_rows = serializers.IntegerField(required=False)
    batch_seconds = serializers.FloatField(required=False)
    cut = serializers.ChoiceField(choices=Cut.choices, required=False)
    cut_rows = serializers.IntegerField(required=False)
    event_schema = Base64Field(max_length=2 * MOST_SCHEMA_BYTES, required=False, allow_blank=True)


class StreamWanted(_Words):
    """`dataset` is fed, or a new one in `project`; without a `connection` events are pushed.

    `event_schema` in base64: Avro's JSON, or a FileDescriptorSet with the name of its `message`; columns may be left to
    it.
    """

    name = serializers.CharField(max_length=120)
    dataset = serializers.UUIDField(required=False, allow_null=True)
    project = serializers.SlugField(required=False)
    connection = serializers.UUIDField(required=False, allow_null=True)
    topic = serializers.CharField(max_length=249, required=False, allow_blank=True)
    begin = serializers.ChoiceField(choices=Begin.choices, required=False)
    format = serializers.ChoiceField(choices=EventFormat.choices, required=False)
    message = serializers.CharField(max_length=255, required=False, allow_blank=True)


class ExamplesWanted(serializers.Serializer[Any]):
    """What columns are read from: a schema, else `examples` (events as text), else what waits at a connection."""

    project = serializers.SlugField()
    connection = serializers.UUIDField(required=False, allow_null=True)
    topic = serializers.CharField(max_length=249, required=False, allow_blank=True)
    format = serializers.ChoiceField(choices=EventFormat.choices, required=False)
    event_schema = Base64Field(max_length=2 * MOST_SCHEMA_BYTES, required=False, allow_blank=True)
    message = serializers.CharField(max_length=255, required=False, allow_blank=True)
    examples = serializers.ListField(child=serializers.CharField(max_length=100_000), max_length=200, required=False)


class StreamChange(_Words):
    """What is not named stays."""

    name = serializers.CharField(max_length=120, required=False)


class RejectedSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    rule = serializers.CharField()
    column = serializers.CharField()
    says = serializers.CharField()


class PushedSerializer(serializers.Serializer[Any]):
    """How many events were taken; `rejected` names the others by their index in the request, from 0 on."""

    id = serializers.CharField()
    accepted = serializers.IntegerField()
    rejected = RejectedSerializer(many=True)


class AsideSerializer(serializers.Serializer[Any]):
    """So many events lie in quarantine for this rule and column."""

    rule = serializers.CharField()
    column = serializers.CharField()
    events = serializers.IntegerField()
    first = serializers.DateTimeField()
    last = serializers.DateTimeField()


class AsideEventSerializer(serializers.Serializer[Any]):
    """An event in quarantine: where it came from and why it lies there, and never what came itself.

    `fields` are the values that fit, with tokens and masks in their place; null where it could not be decoded.
    `sealed`: what came is sealed under the key of tokens.
    """

    place = serializers.CharField()
    at = serializers.DateTimeField()
    rule = serializers.CharField()
    column = serializers.CharField()
    size = serializers.IntegerField()
    sealed = serializers.SerializerMethodField()
    fields = serializers.DictField(allow_null=True)  # type: ignore[assignment]

    def get_sealed(self, row: dict[str, Any]) -> bool:
        return row["key"] is not None


class EventMend(serializers.Serializer[Any]):
    """`values` by column in the place of the event's own; null: missing. Of a column of tokens a new clear value."""

    place = serializers.CharField(max_length=300)
    values = serializers.DictField(child=serializers.JSONField(allow_null=True), allow_empty=True)


class CutSerializer(serializers.Serializer[Any]):
    """The version that was begun: see `dataset-versions/{id}/`."""

    version = serializers.UUIDField(source="pk")
    dataset = serializers.UUIDField(source="dataset_id")
