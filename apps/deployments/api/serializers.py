from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.deployments import selectors
from apps.deployments.models import Deployment, Revision


class RevisionSerializer(serializers.ModelSerializer):
    model_version_name = serializers.CharField(source="model_version.__str__", read_only=True)

    class Meta:
        model = Revision
        exclude = ["tenant", "created_by", "engine_name", "address"]


class DeploymentSerializer(serializers.ModelSerializer):
    revisions = RevisionSerializer(many=True, read_only=True)
    url = serializers.SerializerMethodField()
    model_name = serializers.CharField(source="model.name", read_only=True)

    class Meta:
        model = Deployment
        fields = ["id", "slug", "name", "project", "model", "model_name", "url", "revisions", "created_at"]

    def get_url(self, deployment: Any) -> str:
        return selectors.address_of(deployment)


class DeploymentStart(serializers.Serializer):
    model_version = serializers.UUIDField()
    slug = serializers.CharField(max_length=63, required=False, allow_blank=True, default="")
    name = serializers.CharField(required=False, allow_blank=True, default="", max_length=120)
    resource_class = serializers.CharField(required=False, default="small")


class DeploymentEstimateAsked(serializers.Serializer):
    model_version = serializers.UUIDField()
    resource_class = serializers.CharField(required=False, default="small")


class SplitChoice(serializers.Serializer):
    split = serializers.DictField(child=serializers.IntegerField(min_value=0, max_value=100))

    def validate_split(self, value: dict[str, int]) -> dict[UUID, int]:
        try:
            return {UUID(key): share for key, share in value.items()}
        except ValueError as error:
            raise serializers.ValidationError(_("The keys are ids of revisions.")) from error
