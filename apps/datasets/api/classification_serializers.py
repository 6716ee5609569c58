from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.datasets import selectors
from apps.datasets.choices import ColumnClass


class ClassesChoice(serializers.Serializer[Any]):
    """`classes`: the class of each named column; without it every suggestion for columns that have none is taken."""

    classes = serializers.DictField(
        child=serializers.ChoiceField(choices=ColumnClass.choices), required=False, allow_null=True, default=None
    )


class SuggestionSerializer(serializers.Serializer[Any]):
    """What is proposed for a column that nobody has classified, and why in words."""

    column = serializers.CharField()
    column_class = serializers.ChoiceField(choices=ColumnClass.choices)
    suspected = serializers.CharField(allow_blank=True)
    share = serializers.FloatField(allow_null=True)
    confidence = serializers.CharField(allow_blank=True)
    found_in = serializers.CharField(allow_blank=True)
    reason = serializers.CharField()


def suggested(version: Any) -> list[dict[str, Any]]:
    """The suggestions of a version with what they rest on."""
    columns = {column["name"]: column for column in version.schema}
    return [_told(one, columns[one.column]) for one in selectors.suggestions(version)]


def _told(one: selectors.Suggestion, column: dict[str, Any]) -> dict[str, Any]:
    finding = column.get("finding") or {}
    return {
        "column": one.column,
        "column_class": one.column_class.value,
        "suspected": column.get("suspected") or "",
        "share": finding.get("share"),
        "confidence": finding.get("confidence", ""),
        "found_in": finding.get("found_in", ""),
        "reason": one.reason,
    }
