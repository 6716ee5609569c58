from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers

from apps.compliance.models import Report
from foundation.ledger import RecordedEvent


class ReportSerializer(serializers.ModelSerializer[Report]):
    project = serializers.SlugField(source="project.slug", read_only=True)
    model = serializers.CharField(source="model_version", read_only=True)
    model_version = serializers.UUIDField(source="model_version_id", read_only=True)

    class Meta:
        model = Report
        fields = [
            "id",
            "project",
            "model",
            "model_version",
            "state",
            "failure",
            "language",
            "digest",
            "html_digest",
            "ledger_entries",
            "ledger_hash",
            "ledger_fault",
            "proven",
            "checked",
            "unproven",
            "missing",
            "open_points",
            "created_at",
            "made_at",
        ]
        read_only_fields = fields


class ReportStart(serializers.Serializer[Any]):
    project = serializers.SlugField()
    model_version = serializers.UUIDField()


class CertificateForm(serializers.Serializer[Any]):
    form = serializers.ChoiceField(choices=["json", "pdf", "html"], required=False, default="json")


class LedgerFilters(serializers.Serializer[Any]):
    """What narrows the ledger; `kind` may end in `.*`, `subject` reads `run:<uuid>`."""

    q = serializers.CharField(max_length=100, required=False, help_text="Words: what, who, to what; each has to match.")
    kind = serializers.CharField(max_length=80, required=False)
    actor = serializers.UUIDField(required=False)
    subject = serializers.RegexField(r"^[a-z_]+:[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", required=False)
    project = serializers.SlugField(required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)
    cursor = serializers.CharField(required=False)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=500)


class LedgerEntry(serializers.Serializer[Any]):
    """An entry; `seq` is 0 while it waits for its place in the chain."""

    id = serializers.UUIDField()
    seq = serializers.IntegerField()
    kind = serializers.CharField()
    version = serializers.IntegerField()
    actor_kind = serializers.CharField()
    actor_id = serializers.UUIDField(allow_null=True)
    project_id = serializers.UUIDField(allow_null=True)
    subject_kind = serializers.SerializerMethodField()
    subject_id = serializers.SerializerMethodField()
    payload = serializers.JSONField()
    request_id = serializers.CharField()
    recorded_at = serializers.DateTimeField()

    def get_subject_kind(self, event: RecordedEvent) -> str:
        return event.subject[0]

    def get_subject_id(self, event: RecordedEvent) -> UUID:
        return event.subject[1]


class LedgerCheckSerializer(serializers.Serializer[Any]):
    """`ok` false comes with the sentence of the first difference in `fault`."""

    ok = serializers.BooleanField()
    entries = serializers.IntegerField()
    signed = serializers.IntegerField()
    fault = serializers.CharField(allow_blank=True)
    fault_kind = serializers.CharField(allow_blank=True)
    fault_at = serializers.IntegerField(allow_null=True)
    last_checkpoint = serializers.SerializerMethodField()
    checked_at = serializers.DateTimeField()

    def get_last_checkpoint(self, check: Any) -> dict[str, Any] | None:
        point = check.last_checkpoint
        return {**point.body(), "signature": point.signature} if point else None
