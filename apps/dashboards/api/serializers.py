from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.dashboards.models import SavedFilter


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


class SavedFilterSerializer(serializers.ModelSerializer[SavedFilter]):
    """`list` is the path of a list below its project, or below the tenant where `project` is empty; `query` is what its
    address says; `default` whether the list opens with it for whoever asks."""

    list = serializers.CharField(source="path", read_only=True)
    project = serializers.SlugField(source="project.slug", read_only=True, default=None)
    owner = serializers.CharField(source="owner.name", read_only=True, default=None)
    default = serializers.BooleanField(read_only=True)

    class Meta:
        model = SavedFilter
        fields = ["id", "name", "list", "project", "query", "shared", "default", "owner", "created_at"]
        read_only_fields = fields


class SavedFilterWanted(serializers.Serializer[Any]):
    """`list` as in the answer; `replace` puts it in the place of one's own of the same name."""

    name = serializers.CharField(max_length=80)
    list = serializers.CharField(max_length=48)
    project = serializers.SlugField(required=False, allow_null=True, default=None)
    query = serializers.CharField(max_length=4000)
    shared = serializers.BooleanField(default=False)
    default = serializers.BooleanField(default=False)
    replace = serializers.BooleanField(default=False)


class SavedFilterChange(serializers.Serializer[Any]):
    """What is not named stays; `default` is one's own, whoever the filter's owner is."""

    name = serializers.CharField(max_length=80, required=False)
    query = serializers.CharField(max_length=4000, required=False)
    shared = serializers.BooleanField(required=False)
    default = serializers.BooleanField(required=False)
