from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.projects.models import Project


class ProjectSerializer(serializers.ModelSerializer[Project]):
    """`archived_at` says since when it is read and never written to; null where it is in use.

    `deletion_due` says when an archived one is deleted for ever; null where it is not to be.
    """

    class Meta:
        model = Project
        fields = ["id", "slug", "name", "purpose", "description", "created_at", "archived_at", "deletion_due"]
        read_only_fields = fields


class ProjectWords(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    purpose = serializers.CharField(max_length=500)
    description = serializers.CharField(required=False, allow_blank=True, default="")


class NameTyped(serializers.Serializer[Any]):
    """`confirmation` is the project's name or short name."""

    confirmation = serializers.CharField(max_length=120)


class NewProject(ProjectWords):
    slug = serializers.CharField(max_length=63, required=False, allow_blank=True, default="")
