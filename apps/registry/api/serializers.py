from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.registry.models import GateResult, Model, ModelVersion


class GateSerializer(serializers.ModelSerializer):
    class Meta:
        model = GateResult
        fields = ["gate", "state", "sentence", "figures", "decided_at"]


@extend_schema_serializer(component_name="ModelVersion")
class VersionSerializer(serializers.ModelSerializer):
    model_name = serializers.CharField(source="model.name", read_only=True)
    gates = GateSerializer(many=True, read_only=True)
    feature_service = serializers.SerializerMethodField()

    class Meta:
        model = ModelVersion
        fields = [
            "id",
            "model",
            "model_name",
            "number",
            "run",
            "feature_service",
            "stage",
            "failure",
            "artifact_digest",
            "artifact_bytes",
            "input_schema",
            "metrics",
            "card",
            "card_number",
            "onnx_state",
            "onnx_report",
            "gates",
            "created_at",
            "promoted_at",
        ]

    def get_feature_service(self, version: Any) -> dict[str, Any] | None:
        """The version of the feature service that its training set was made of; null where there was none."""
        service = version.run.training_set.service
        return {"id": str(service.pk), "name": service.name, "number": service.number} if service else None


class PromotionSerializer(serializers.Serializer):
    """The case that somebody else decides; `approval` is null where `failed_gates` stand in the way."""

    approval = serializers.UUIDField(source="case.pk", allow_null=True)
    state = serializers.CharField(source="case.state", allow_null=True)
    refusal = serializers.CharField(allow_blank=True)
    failed_gates = GateSerializer(source="failed", many=True)


class ModelSerializer(serializers.ModelSerializer):
    production = serializers.SerializerMethodField()

    class Meta:
        model = Model
        fields = ["id", "name", "description", "project", "created_at", "production"]

    def get_production(self, model: Any) -> dict[str, Any] | None:
        if getattr(model, "production_id", None) is None:
            return None
        return {"id": str(model.production_id), "number": model.production_number, "since": model.production_since}


class Registration(serializers.Serializer):
    run = serializers.UUIDField()
    name = serializers.CharField(max_length=63)
    description = serializers.CharField(required=False, allow_blank=True, default="")


class CardText(serializers.Serializer):
    card = serializers.CharField(max_length=200_000)
    card_number = serializers.IntegerField()
    why = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
