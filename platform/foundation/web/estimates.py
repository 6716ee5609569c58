"""How the estimate of a start reads in REST: runs and replicas alike, wherever it was made."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_UP
from typing import Any

from rest_framework import serializers


class QuotaPartSerializer(serializers.Serializer[Any]):
    """One limit: the most, what is used of it now, and what is left."""

    field = serializers.CharField()
    most = serializers.DecimalField(max_digits=24, decimal_places=2, allow_null=True)
    used = serializers.DecimalField(max_digits=24, decimal_places=2, allow_null=True)
    left = serializers.DecimalField(max_digits=24, decimal_places=2, allow_null=True)


class BudgetSerializer(serializers.Serializer[Any]):
    """Limits and what the month has cost, in AED; `project_id` is null for the whole tenant."""

    id = serializers.UUIDField()
    project_id = serializers.UUIDField(allow_null=True)
    month = serializers.CharField()
    soft_limit = serializers.DecimalField(max_digits=16, decimal_places=2, allow_null=True)
    hard_limit = serializers.DecimalField(max_digits=16, decimal_places=2, allow_null=True)
    spent = serializers.DecimalField(max_digits=18, decimal_places=2, rounding=ROUND_HALF_UP)
    percent = serializers.IntegerField()


class EstimateSerializer(serializers.Serializer[Any]):
    """Amounts in AED. `expected_seconds` and `cost` are null where no run like it is known, and for what serves.

    `cost_at_limit` is what the time limit costs; `refused` and `waits` are sentences, empty where all is well.
    """

    resource_class = serializers.CharField(source="size.name")
    expected_seconds = serializers.SerializerMethodField()
    rests_on = serializers.IntegerField(source="time.rests_on")
    limit_seconds = serializers.SerializerMethodField()
    currency = serializers.CharField()
    hourly = serializers.DecimalField(max_digits=24, decimal_places=8)
    monthly = serializers.DecimalField(max_digits=24, decimal_places=8)
    cost = serializers.DecimalField(max_digits=24, decimal_places=6, allow_null=True)
    cost_at_limit = serializers.DecimalField(source="most", max_digits=24, decimal_places=6, allow_null=True)
    queue_ahead = serializers.IntegerField()
    quota = QuotaPartSerializer(many=True)
    budgets = BudgetSerializer(many=True)
    refused = serializers.CharField()
    waits = serializers.CharField()

    def get_expected_seconds(self, estimate: Any) -> float | None:
        return _seconds(estimate.time.expected)

    def get_limit_seconds(self, estimate: Any) -> float | None:
        return _seconds(estimate.time.most)


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()
