from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.datasets import services
from apps.datasets.choices import ExpectationKind, ReportOutcome, ResultState, Severity
from apps.datasets.models import Breach, Contract, Quarantine, Suite, ValidationReport
from apps.datasets.services.quarantine.choosing import MOST_NUMBERS


class ExpectationSerializer(serializers.Serializer):
    """`parameters` depend on the kind: see docs/expectations.md."""

    id = serializers.CharField(required=False, allow_blank=True, default="")
    kind = serializers.ChoiceField(choices=ExpectationKind.choices)
    severity = serializers.ChoiceField(choices=Severity.choices)
    columns = serializers.ListField(child=serializers.CharField(max_length=255), required=False, default=list)
    parameters = serializers.DictField(required=False, default=dict)
    description = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)


class SuiteSerializer(serializers.ModelSerializer):
    expectations = ExpectationSerializer(many=True, read_only=True)
    created_by: serializers.Field = serializers.StringRelatedField(read_only=True)

    class Meta:
        model = Suite
        fields = ["id", "dataset", "number", "expectations", "digest", "reason", "created_by", "created_at"]


class SuiteTry(serializers.Serializer):
    dataset = serializers.UUIDField()
    expectations = serializers.ListField(child=serializers.DictField())


class SuiteStart(SuiteTry):
    """`after` is the number of the suite that was read (0: none); where it is not the newest any more, 409."""

    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)
    after = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=0)


class ResultSerializer(serializers.Serializer):
    """`seconds` is of the query that it was measured in; those that look at single rows share one."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(choices=ExpectationKind.choices)
    severity = serializers.ChoiceField(choices=Severity.choices)
    columns = serializers.ListField(child=serializers.CharField())
    expected = serializers.CharField()
    state = serializers.ChoiceField(choices=ResultState.choices)
    failed_rows = serializers.IntegerField(allow_null=True)
    share = serializers.FloatField()
    seconds = serializers.FloatField()
    found = serializers.CharField()


class MeasuredSerializer(serializers.Serializer):
    version = serializers.UUIDField()
    row_count = serializers.IntegerField()
    results = ResultSerializer(many=True)


class ValidationReportSerializer(MeasuredSerializer):
    """`quarantine` is where rows of it are to be seen: those that were set aside, or the first that block it."""

    quarantine = serializers.UUIDField(allow_null=True)
    suite = serializers.UUIDField()
    suite_number = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=ReportOutcome.choices)
    seconds = serializers.FloatField()
    digest = serializers.CharField()
    created_at = serializers.DateTimeField()


@extend_schema_serializer(component_name="ExpectationSuggestion")
class SuggestionSerializer(serializers.Serializer):
    expectation = ExpectationSerializer()
    expected = serializers.CharField()
    why = serializers.CharField()


def results_of(expectations: Any, results: Any, names: dict[str, str]) -> list[dict[str, Any]]:
    """Each expectation with what came of it, in words too."""
    return [
        {
            **{name: result[name] for name in ("id", "state", "failed_rows", "share", "seconds")},
            "kind": one.kind.value,
            "severity": one.severity.value,
            "columns": list(one.columns),
            "expected": services.sentence(one, datasets=names),
            "found": services.told(one, result),
        }
        for one, result in zip(expectations, results, strict=True)
    ]


def report_of(report: ValidationReport, names: dict[str, str], quarantine: Quarantine | None) -> dict[str, Any]:
    return {
        "version": report.version_id,
        "quarantine": quarantine.pk if quarantine else None,
        "suite": report.suite_id,
        "suite_number": report.suite.number,
        "outcome": report.outcome,
        "row_count": report.row_count,
        "seconds": report.seconds,
        "digest": report.digest,
        "created_at": report.created_at,
        "results": results_of(services.expectations_of(report.suite), report.results, names),
    }


class QuarantineSerializer(serializers.ModelSerializer):
    version_name: serializers.Field = serializers.StringRelatedField(source="version", read_only=True)
    suite_number = serializers.IntegerField(source="suite.number", read_only=True)
    discards = serializers.ListField(child=serializers.DictField(), read_only=True)

    class Meta:
        model = Quarantine
        fields = [
            "id",
            "project",
            "dataset",
            "version",
            "version_name",
            "suite",
            "suite_number",
            "is_sample",
            "first_count",
            "row_count",
            "replayed_count",
            "discarded_count",
            "discards",
            "replay",
            "created_at",
        ]


class QuarantinedRow(serializers.Serializer):
    number = serializers.IntegerField()
    reasons = serializers.ListField(child=serializers.CharField())
    mended = serializers.ListField(child=serializers.CharField())
    values = serializers.ListField(child=serializers.JSONField(allow_null=True))


class QuarantinedRows(serializers.Serializer):
    """Values stand in the order of `columns`; those of `hidden` columns, which the reader may not see, are dots."""

    count = serializers.IntegerField()
    columns = serializers.ListField(child=serializers.DictField())
    hidden = serializers.ListField(child=serializers.CharField())
    rows = QuarantinedRow(many=True)


class RowsChoice(serializers.Serializer):
    """Rows by number, or all that fail one expectation (`reason`, its id), or all."""

    numbers = serializers.ListField(
        child=serializers.IntegerField(min_value=1), required=False, default=list, max_length=MOST_NUMBERS
    )
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=32)
    everything = serializers.BooleanField(required=False, default=False)


class MendChoice(RowsChoice):
    """`value` is text as the column's type reads it; null for a missing value."""

    column = serializers.CharField(max_length=255)
    value = serializers.CharField(allow_null=True, allow_blank=True, trim_whitespace=False)


class DiscardChoice(RowsChoice):
    reason_given = serializers.CharField(max_length=500)


class ChangedRows(serializers.Serializer):
    rows = serializers.IntegerField()


class ContractStart(serializers.Serializer):
    dataset = serializers.UUIDField()


class ContractSerializer(serializers.ModelSerializer):
    schema = serializers.ListField(child=serializers.DictField(), read_only=True)
    owner: serializers.Field = serializers.StringRelatedField(read_only=True)
    created_by: serializers.Field = serializers.StringRelatedField(read_only=True)
    freshness_s = serializers.SerializerMethodField()

    class Meta:
        model = Contract
        fields = ["id", "dataset", "number", "schema", "suite", "owner", "freshness_s", "digest"]
        fields += ["created_by", "created_at"]

    def get_freshness_s(self, contract: Contract) -> float | None:
        return contract.freshness_promise.total_seconds() if contract.freshness_promise else None


class BreachSerializer(serializers.Serializer):
    """`unseen` are the names of what is built on the dataset and whose makers have not seen it yet."""

    version = serializers.UUIDField()
    contract = serializers.UUIDField()
    contract_number = serializers.IntegerField()
    changes = serializers.ListField(child=serializers.CharField())
    consumers = serializers.ListField(child=serializers.DictField())
    unseen = serializers.ListField(child=serializers.CharField())


def breach_said(breach: Breach) -> dict[str, Any]:
    shown = ("kind", "name", "url", "seen_by", "seen_at")
    return {
        "version": breach.version_id,
        "contract": breach.contract_id,
        "contract_number": breach.contract.number,
        "changes": [services.change_told(change) for change in breach.changes],
        "consumers": [{name: one[name] for name in shown} for one in breach.consumers],
        "unseen": breach.unseen,
    }
