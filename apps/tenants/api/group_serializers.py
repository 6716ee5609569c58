from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.tenants.choices import HolderKind
from foundation.access import Role
from foundation.access.permissions import IN_PROJECT


class GroupSerializer(serializers.Serializer[Any]):
    """People who are given roles in projects together; `external_id` is what the identity provider calls it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    external_id = serializers.CharField(allow_blank=True)
    people = serializers.IntegerField()
    projects = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class GroupWords(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class GroupPerson(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.EmailField()


class PersonTaken(serializers.Serializer[Any]):
    user = serializers.UUIDField(help_text="The id of a member of the tenant, as members name it in `user`.")


class ProjectRoleSerializer(serializers.Serializer[Any]):
    """A role in one project: `kind` says whether `holder_id` is a person, a group or a service account."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=HolderKind.choices)
    holder_id = serializers.UUIDField()
    holder = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    project = serializers.CharField(source="project.slug")
    given_at = serializers.DateTimeField()


class ProjectRoleWanted(serializers.Serializer[Any]):
    project = serializers.SlugField(max_length=63)
    kind = serializers.ChoiceField(choices=HolderKind.choices)
    holder_id = serializers.UUIDField()
    role = serializers.ChoiceField(choices=[(role.value, role.label) for role in IN_PROJECT])
