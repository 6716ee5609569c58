from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.monitoring.models import Alert, Monitor, Replay


class MonitorSerializer(serializers.ModelSerializer):
    deployment_name = serializers.CharField(source="deployment.name", read_only=True)

    class Meta:
        model = Monitor
        fields = [
            "id",
            "project",
            "deployment",
            "deployment_name",
            "moved_at",
            "drifted_at",
            "fewest_rows",
            "fewest_days",
            "created_at",
        ]


class Thresholds(serializers.Serializer):
    moved_at = serializers.FloatField(min_value=0.0)
    drifted_at = serializers.FloatField(min_value=0.0)
    fewest_rows = serializers.IntegerField(min_value=1)
    fewest_days = serializers.IntegerField(required=False, default=7, min_value=1, max_value=28)


class AlertSerializer(serializers.ModelSerializer):
    deployment_name = serializers.CharField(source="monitor.deployment.name", read_only=True)

    class Meta:
        model = Alert
        exclude = ["tenant", "acknowledged_by"]


class ReplaySerializer(serializers.ModelSerializer):
    class Meta:
        model = Replay
        exclude = ["tenant", "created_by"]


class ReplayStart(serializers.Serializer):
    deployment = serializers.UUIDField()
    training_set = serializers.UUIDField()
    per_second = serializers.FloatField(required=False, default=20, min_value=0.1, max_value=2000)
    stride = serializers.IntegerField(required=False, default=10, min_value=1, max_value=10_000)


class ReplayChange(serializers.Serializer):
    state = serializers.ChoiceField(choices=["playing", "paused"], required=False)
    per_second = serializers.FloatField(required=False, min_value=0.1, max_value=2000)
    restart = serializers.BooleanField(required=False, default=False)


class Note(serializers.Serializer):
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=2000)


@extend_schema_field({"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"})
class MonthField(serializers.DateField):
    """2013-12, as its first day."""


class NoteOfMany(Note):
    # Without one the alerts of all months are meant.
    month = MonthField(required=False, allow_null=True, default=None, input_formats=["%Y-%m"], format="%Y-%m")


class Acknowledged(serializers.Serializer):
    acknowledged = serializers.IntegerField()


class DriftCellSerializer(serializers.Serializer):
    model_version_id = serializers.UUIDField()
    window = serializers.DateField()
    feature = serializers.CharField(allow_blank=True)
    rows = serializers.IntegerField()
    missing = serializers.IntegerField()
    psi = serializers.FloatField()
    level = serializers.CharField()
    figures = serializers.JSONField()
