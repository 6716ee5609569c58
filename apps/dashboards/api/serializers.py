from __future__ import annotations

from typing import Any

from rest_framework import serializers


class ChainNodeSerializer(serializers.Serializer[Any]):
    """One link; `broken_reason` says why the link to it is not proven, empty where it is."""

    kind = serializers.CharField()
    name = serializers.CharField()
    state = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField(allow_null=True)
    url = serializers.CharField(allow_blank=True)
    digest = serializers.CharField(allow_blank=True)
    actor = serializers.CharField(allow_blank=True)
    broken_reason = serializers.CharField(allow_blank=True)
    current = serializers.BooleanField()


class ReachSerializer(serializers.Serializer[Any]):
    """Somebody who can see the thing, and the ways by which they do, in words."""

    kind = serializers.CharField()
    id = serializers.UUIDField()
    name = serializers.CharField()
    ways = serializers.ListField(child=serializers.CharField())
