from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.connections.choices import MOST_AT_ONCE, ConnectionKind
from apps.connections.models import Connection


class ConnectionSerializer(serializers.ModelSerializer[Connection]):
    """`settings` are what the kind is told, without its secrets; without a `project` every one reads through it.

    `steps` are those of the last test, as far as the first that failed; `has_secrets` tells whether any are sealed.
    """

    project = serializers.SlugField(source="project.slug", read_only=True, default=None)
    steps = serializers.JSONField(source="steps_said", read_only=True)

    class Meta:
        model = Connection
        fields = [
            "id",
            "name",
            "kind",
            "description",
            "project",
            "settings",
            "has_secrets",
            "at_once",
            "standing",
            "steps",
            "tested_at",
            "created_at",
        ]
        read_only_fields = fields


class _Words(serializers.Serializer[Any]):
    settings = serializers.DictField(child=serializers.JSONField(), required=False)
    secrets = serializers.DictField(child=serializers.CharField(max_length=4000), required=False)
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    at_once = serializers.IntegerField(min_value=1, max_value=MOST_AT_ONCE, required=False)


class ConnectionWanted(_Words):
    """`settings` and `secrets` by the names of the kind; without `project` every project reads through it."""

    name = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(choices=ConnectionKind.choices)
    project = serializers.SlugField(required=False, allow_null=True, default=None)


class ConnectionChange(_Words):
    """What is not named stays. Where an address or a user changes, the secrets are given again."""

    name = serializers.CharField(max_length=120, required=False)


class ThingSerializer(serializers.Serializer[Any]):
    """`rows` is an estimate; what the other side does not tell is empty."""

    name = serializers.CharField()
    kind = serializers.CharField()
    rows = serializers.IntegerField(allow_null=True)
    bytes = serializers.IntegerField(allow_null=True)
    changed_at = serializers.DateTimeField(allow_null=True)


class ColumnSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    type = serializers.CharField()
    nullable = serializers.BooleanField()
    source_type = serializers.CharField()


class DescribedSerializer(serializers.Serializer[Any]):
    """Columns, about how many rows (`exact` where they were counted), and some of them."""

    columns = ColumnSerializer(many=True)
    rows = serializers.IntegerField(allow_null=True)
    exact = serializers.BooleanField()
    bytes = serializers.IntegerField(allow_null=True)
    files = serializers.IntegerField(allow_null=True)
    says = serializers.CharField()
    sample = serializers.ListField(child=serializers.DictField(child=serializers.JSONField(allow_null=True)))
