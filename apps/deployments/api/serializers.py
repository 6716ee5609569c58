from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.deployments import selectors, services
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


class LookupColumnSerializer(serializers.Serializer):
    name = serializers.CharField()
    type = serializers.CharField(help_text="What it holds: text, whole number, number, truth, date or moment.")


class PinnedServiceSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    number = serializers.IntegerField()


class LookupsSerializer(serializers.Serializer):
    """What rows may leave out, since it is looked up by keys, and what they give."""

    feature_service = PinnedServiceSerializer()
    keys = LookupColumnSerializer(many=True)
    request = LookupColumnSerializer(many=True, help_text="Values that on-demand features are reckoned of.")
    looked_up = serializers.ListField(child=serializers.CharField())
    sent = serializers.ListField(child=serializers.CharField(), help_text="Features that are sent in any case.")


class DeploymentDetailSerializer(DeploymentSerializer):
    lookups = serializers.SerializerMethodField()

    class Meta(DeploymentSerializer.Meta):
        fields = [*DeploymentSerializer.Meta.fields, "lookups"]

    @extend_schema_field(LookupsSerializer(allow_null=True))
    def get_lookups(self, deployment: Any) -> dict[str, Any] | None:
        """Of the version that serves most, else of the newest; null where all features are sent."""
        shown = next(iter([*selectors.serving_revisions(deployment), *deployment.revisions.all()]), None)
        if shown is None or not shown.looks_up:
            return None
        found = services.lookups_of_version(self.context["view"].actor, shown.model_version)
        return found.as_document() if found else None


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
