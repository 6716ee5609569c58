"""Editions of a text in REST, of whatever thing it is."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from foundation.web.editions import MOST_OF_WHY
from foundation.web.models import Edition


class EditionSerializer(serializers.ModelSerializer[Edition]):
    """One edition; `restores` names the one whose text it has again, `by` and `at` are null where nobody knows."""

    by = serializers.CharField(source="by.name", read_only=True, default=None)

    class Meta:
        model = Edition
        fields = ["number", "text", "why", "restores", "by", "at"]
        read_only_fields = fields


class RestoreWanted(serializers.Serializer[Any]):
    """The edition whose text is wanted again, as a new one."""

    edition = serializers.IntegerField(min_value=1)
    why = serializers.CharField(max_length=MOST_OF_WHY, required=False, allow_blank=True, default="")


__all__ = ["EditionSerializer", "RestoreWanted"]
