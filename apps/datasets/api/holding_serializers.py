from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.datasets import selectors
from apps.datasets.models import LegalHold


class LegalHoldSerializer(serializers.ModelSerializer[LegalHold]):
    """`version` null: the whole dataset, with versions that are added later."""

    project = serializers.SlugField(source="project.slug", read_only=True)
    name = serializers.CharField(source="__str__", read_only=True)
    in_force = serializers.SerializerMethodField()

    class Meta:
        model = LegalHold
        fields = [
            "id",
            "project",
            "dataset",
            "version",
            "name",
            "reason",
            "until",
            "in_force",
            "created_at",
            "released_at",
            "release_reason",
        ]

    def get_in_force(self, hold: LegalHold) -> bool:
        return selectors.is_in_force(hold)


class HoldStart(serializers.Serializer[Any]):
    """A `version`, or a `dataset` as a whole; `until` is the last day, without it it holds until it is released."""

    dataset = serializers.UUIDField(required=False, allow_null=True, default=None)
    version = serializers.UUIDField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=2000)
    until = serializers.DateField(required=False, allow_null=True, default=None)


class ReleaseChoice(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000)
