from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.tenants.choices import BinKind


class BinnedSerializer(serializers.Serializer[Any]):
    """Something that was deleted; it comes back under the id that `thing_id` says.

    `people` are those of a group, or whom a provider knows; `roles` those of a group, or the lines of a mapping.
    """

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=BinKind.choices)
    thing_id = serializers.UUIDField()
    project = serializers.UUIDField(source="project_id", allow_null=True, help_text="Of a thing that belongs to one.")
    name = serializers.CharField()
    people = serializers.IntegerField()
    roles = serializers.IntegerField()
    deleted_at = serializers.DateTimeField()
    deleted_by = serializers.CharField(allow_null=True, help_text="The person's name; null where a program deleted it.")
    kept_until = serializers.DateTimeField()


class RestoredSerializer(serializers.Serializer[Any]):
    """What came back; `left_out` says in sentences what did not."""

    kind = serializers.ChoiceField(choices=BinKind.choices)
    thing_id = serializers.UUIDField()
    name = serializers.CharField()
    left_out = serializers.ListField(child=serializers.CharField())
