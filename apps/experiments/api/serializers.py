from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.experiments.models import Experiment, Run


class ExperimentSerializer(serializers.ModelSerializer[Experiment]):
    class Meta:
        model = Experiment
        fields = ["id", "name", "project", "mlflow_id", "created_at"]


class RunSerializer(serializers.ModelSerializer[Run]):
    experiment_name = serializers.CharField(source="experiment.name", read_only=True)

    class Meta:
        model = Run
        exclude = ["tenant", "created_by", "engine_name"]


class RunEstimateAsked(serializers.Serializer[dict[str, Any]]):
    project = serializers.SlugField()
    training_set = serializers.UUIDField()
    recipe = serializers.CharField()
    resource_class = serializers.CharField(required=False, default="small")


class RunStart(serializers.Serializer[dict[str, Any]]):
    project = serializers.SlugField()
    training_set = serializers.UUIDField()
    recipe = serializers.CharField()
    params = serializers.DictField(required=False, default=dict)
    seed = serializers.IntegerField(required=False, default=0, min_value=0, max_value=2**32 - 1)
    split = serializers.DictField(required=False, allow_null=True, default=None)
    slices = serializers.ListField(child=serializers.DictField(), required=False, default=list)
    experiment = serializers.CharField(required=False, allow_blank=True, default="", max_length=120)
    purpose = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    resource_class = serializers.CharField(required=False, default="small")
