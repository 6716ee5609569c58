from __future__ import annotations

from rest_framework import serializers

from apps.features.models import FeatureService


class FeatureServiceSerializer(serializers.ModelSerializer):
    owner = serializers.EmailField(source="owner.email", default=None, read_only=True)

    class Meta:
        model = FeatureService
        exclude = ["tenant", "created_by", "removed_at", "binned"]


class ServicePart(serializers.Serializer):
    view = serializers.UUIDField()
    features = serializers.ListField(
        child=serializers.CharField(), required=False, allow_null=True, default=None, help_text="Without them, all."
    )


class OnDemandPart(serializers.Serializer):
    id = serializers.UUIDField()
    features = serializers.ListField(child=serializers.CharField(), required=False, allow_null=True, default=None)


class FeatureServiceStart(serializers.Serializer):
    project = serializers.SlugField()
    name = serializers.CharField(max_length=63)
    views = ServicePart(many=True, required=False, default=list)
    on_demand = OnDemandPart(many=True, required=False, default=list)
    description = serializers.CharField(required=False, allow_blank=True, default="")
    owner = serializers.EmailField(required=False, allow_blank=True, default="", help_text="Else whoever asks.")
    tags = serializers.ListField(child=serializers.CharField(max_length=40), required=False, default=list)


class DefinitionFile(serializers.Serializer):
    project = serializers.SlugField()
    text = serializers.CharField(max_length=1_000_000, trim_whitespace=False, help_text="The file, in YAML.")


class DefinitionFileWithPlan(DefinitionFile):
    plan = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=64,
        help_text="The digest of a plan: nothing is done where the plan would be another one now.",
    )


class ChangeSerializer(serializers.Serializer):
    field: serializers.Field = serializers.CharField()
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)


class StepSerializer(serializers.Serializer):
    section = serializers.CharField()
    name = serializers.CharField()
    line = serializers.IntegerField()
    action = serializers.ChoiceField(choices=["new", "new version", "described", "unchanged"])
    number = serializers.IntegerField(allow_null=True)
    changes = ChangeSerializer(many=True)
    notes = serializers.ListField(child=serializers.CharField())


class LeftSerializer(serializers.Serializer):
    section = serializers.CharField()
    name = serializers.CharField()


class PlanSerializer(serializers.Serializer):
    digest = serializers.CharField()
    steps = StepSerializer(many=True)
    left = LeftSerializer(many=True, help_text="There, and not in the file: it stays as it is.")


class DefinitionsSerializer(serializers.Serializer):
    text = serializers.CharField()
