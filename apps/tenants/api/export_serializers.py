from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.tenants import selectors
from apps.tenants.models import TenantExport


class ExportJob(serializers.Serializer[Any]):
    """How far the job is that makes it; `step` is in words."""

    id = serializers.UUIDField()
    state = serializers.CharField()
    step = serializers.CharField()
    percent = serializers.FloatField(allow_null=True)


class ExportSerializer(serializers.ModelSerializer[TenantExport]):
    """`job` is there while it is being made, `failure` where it could not be; it is fetched until `expires_at`."""

    asked_by = serializers.CharField(read_only=True, allow_null=True)
    job = serializers.SerializerMethodField()

    class Meta:
        model = TenantExport
        fields = [
            "id",
            "state",
            "failure",
            "job",
            "asked_by",
            "asked_at",
            "made_at",
            "expires_at",
            "byte_count",
            "sha256",
        ]
        read_only_fields = fields

    @extend_schema_field(ExportJob(allow_null=True))
    def get_job(self, export: TenantExport) -> dict[str, Any] | None:
        job = selectors.job_of_export(actor=self.context["view"].actor, export=export)
        return ExportJob(job).data if job else None
