from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.datasets import services
from apps.datasets.choices import LEFT_TO_PEOPLE, InProjectState
from apps.datasets.models import ErasedThing, Erasure


class ErasedThingSerializer(serializers.ModelSerializer[ErasedThing]):
    """`row_count` null: made from the person's rows, in which none can be told apart."""

    left_to_people = serializers.BooleanField(source="is_left", read_only=True)

    class Meta:
        model = ErasedThing
        fields = [
            "kind",
            "thing_id",
            "name",
            "digest",
            "row_count",
            "successor_id",
            "left_to_people",
            "note",
            "erased_at",
        ]


class ErasureSerializer(serializers.ModelSerializer[Erasure]):
    """It says how much and never whom: `subject_digest` is keyed."""

    project = serializers.SlugField(source="project.slug", read_only=True)
    things = ErasedThingSerializer(many=True, read_only=True)

    failure = serializers.CharField(source="failure_said", read_only=True)

    class Meta:
        model = Erasure
        fields = [
            "id",
            "project",
            "dataset",
            "column",
            "subject_digest",
            "state",
            "failure",
            "version_count",
            "row_count",
            "summary_digest",
            "created_at",
            "ended_at",
            "things",
        ]


class PersonChoice(serializers.Serializer[Any]):
    """Whom: the column that names people, and the value that names this one."""

    project = serializers.SlugField()
    dataset = serializers.UUIDField(required=False, allow_null=True, default=None)
    column = serializers.CharField(max_length=255)
    value = serializers.CharField(max_length=500, trim_whitespace=False)


class ErasureStart(PersonChoice):
    """`break_chain`: although runs or models that learned from the rows stay."""

    break_chain = serializers.BooleanField(required=False, default=False)


class PersonInProjects(serializers.Serializer[Any]):
    """Whom, and in which projects: by short name, or all in which one may erase."""

    projects = serializers.ListField(
        child=serializers.SlugField(), min_length=1, max_length=500, required=False, allow_null=True, default=None
    )
    column = serializers.CharField(max_length=255)
    value = serializers.CharField(max_length=500, trim_whitespace=False)


class ErasureInProjectsStart(PersonInProjects):
    """`break_chain`: although runs or models that learned from the rows stay, in whichever of the projects."""

    break_chain = serializers.BooleanField(required=False, default=False)


class GoOnChoice(serializers.Serializer[Any]):
    """The same value once more: it was not kept."""

    value = serializers.CharField(max_length=500, trim_whitespace=False)


@extend_schema_serializer(component_name="ReachedThing")
class ReachedSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    id = serializers.UUIDField()
    name = serializers.CharField()
    rows = serializers.IntegerField(allow_null=True)
    left_to_people = serializers.SerializerMethodField()

    def get_left_to_people(self, one: services.Reached) -> bool:
        return one.kind in LEFT_TO_PEOPLE


class InProjectSerializer(serializers.Serializer[Any]):
    """`sentence` says why nothing was found or begun in this project, or what would hold an erasure up there."""

    project = serializers.SlugField(source="project.slug")
    state = serializers.ChoiceField(choices=InProjectState.choices)
    sentence = serializers.CharField(allow_blank=True)
    reached = ReachedSerializer(source="found", many=True)
    erasure = ErasureSerializer(allow_null=True)
