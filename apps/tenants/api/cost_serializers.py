"""How prices, quotas, budgets and usage read in REST. Amounts of money are AED, as decimal strings."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.tenants.choices import PRICE_ITEMS
from apps.tenants.models import Price, UsageHour
from apps.tenants.selectors import money
from foundation.rounding import to_millionths
from foundation.web.estimates import BudgetSerializer, QuotaPartSerializer

__all__ = ["BudgetSerializer"]


class UsageSerializer(serializers.ModelSerializer[UsageHour]):
    """An hour of one kind for one thing; `cost` is exact to a millionth of a dirham."""

    cost = serializers.SerializerMethodField()

    class Meta:
        model = UsageHour
        exclude = ["tenant"]
        read_only_fields = ["id"]

    def get_cost(self, row: UsageHour) -> str:
        return f"{to_millionths(money.cost_of(row)):f}"


class QuotaSerializer(serializers.Serializer[Any]):
    """`project_id` is null for the whole tenant; a limit of null is none."""

    id = serializers.UUIDField()
    project_id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    parts = QuotaPartSerializer(many=True)


class QuotaWanted(serializers.Serializer[Any]):
    """What is left out sets no limit; without a project it is the tenant's.

    Storage counts dataset versions, files on their way in, feature views, training sets, model versions, files that
    MLflow's client logged, logs of runs, logged predictions, reports and archives of the tenant. Logged predictions
    only count: none is ever refused for it. Values online, which lie in memory, do not count.
    """

    project = serializers.SlugField(required=False, allow_null=True, default=None)
    cpus = serializers.DecimalField(max_digits=8, decimal_places=2, min_value=0, required=False, allow_null=True)
    memory_mb = serializers.IntegerField(min_value=0, max_value=10**12, required=False, allow_null=True)
    gpus = serializers.IntegerField(min_value=0, max_value=10_000, required=False, allow_null=True)
    concurrent_runs = serializers.IntegerField(min_value=0, max_value=100_000, required=False, allow_null=True)
    storage_bytes = serializers.IntegerField(min_value=0, max_value=10**15, required=False, allow_null=True)
    requests_per_second = serializers.IntegerField(min_value=0, max_value=10**6, required=False, allow_null=True)


class BudgetWanted(serializers.Serializer[Any]):
    """Limits a month; one of the two at least. Without a project it is the tenant's."""

    project = serializers.SlugField(required=False, allow_null=True, default=None)
    soft_limit = serializers.DecimalField(
        max_digits=14, decimal_places=2, min_value=0, required=False, allow_null=True, default=None
    )
    hard_limit = serializers.DecimalField(
        max_digits=14, decimal_places=2, min_value=0, required=False, allow_null=True, default=None
    )


class PriceSerializer(serializers.Serializer[Any]):
    """What holds now. `is_default` says that it is the operator's estimate; `coming` is the next one, if any."""

    item = serializers.CharField()
    unit = serializers.CharField()
    amount = serializers.DecimalField(max_digits=18, decimal_places=8)
    is_default = serializers.BooleanField()
    valid_from = serializers.DateTimeField(allow_null=True)
    coming_amount = serializers.DecimalField(
        source="coming.amount", max_digits=18, decimal_places=8, allow_null=True, default=None
    )
    coming_from = serializers.DateTimeField(source="coming.valid_from", allow_null=True, default=None)
    coming_id = serializers.UUIDField(source="coming.id", allow_null=True, default=None)


class PriceSetSerializer(serializers.ModelSerializer[Price]):
    class Meta:
        model = Price
        fields = ["id", "item", "amount", "valid_from", "created_at"]
        read_only_fields = fields


class PriceWanted(serializers.Serializer[Any]):
    """From a full hour on; without one, from the next."""

    item = serializers.ChoiceField(choices=list(PRICE_ITEMS))
    amount = serializers.DecimalField(max_digits=18, decimal_places=8, min_value=0)
    valid_from = serializers.DateTimeField(required=False, allow_null=True, default=None)


class LineSerializer(serializers.Serializer[Any]):
    """What one project, person or model used in a month; `cost` in whole fils, such that lines make up the total."""

    id = serializers.UUIDField(source="key", allow_null=True)
    name = serializers.CharField()
    compute_seconds = serializers.DecimalField(max_digits=36, decimal_places=6)
    gpu_seconds = serializers.DecimalField(max_digits=36, decimal_places=6)
    storage_byte_hours = serializers.DecimalField(max_digits=36, decimal_places=6)
    requests = serializers.DecimalField(max_digits=36, decimal_places=0)
    cost = serializers.DecimalField(source="shown_cost", max_digits=24, decimal_places=2)


class SummarySerializer(serializers.Serializer[Any]):
    month = serializers.CharField()
    by = serializers.CharField()
    currency = serializers.CharField()
    lines = LineSerializer(many=True)
    total = serializers.DecimalField(max_digits=24, decimal_places=2)


class ChargeSerializer(serializers.Serializer[Any]):
    """One item of a project at one price; `cost` is rounded such that all charges make up the total.

    `project_id` is null for what is of the whole tenant: its archives.
    """

    project_id = serializers.UUIDField(allow_null=True)
    project = serializers.CharField()
    item = serializers.CharField()
    unit = serializers.CharField()
    quantity = serializers.DecimalField(max_digits=36, decimal_places=6)
    price = serializers.DecimalField(max_digits=18, decimal_places=8)
    cost_exact = serializers.DecimalField(source="cost", max_digits=36, decimal_places=6)
    cost = serializers.DecimalField(source="shown_cost", max_digits=24, decimal_places=2)


class ChargebackSerializer(serializers.Serializer[Any]):
    month = serializers.CharField(source="wanted.month")
    currency = serializers.CharField()
    charges = ChargeSerializer(many=True)
    total = serializers.DecimalField(max_digits=24, decimal_places=2)
