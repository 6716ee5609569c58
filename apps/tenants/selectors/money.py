"""What use costs: amount times price, by the units that a price is for. Exact; `foundation.rounding` shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from django.db.models import DecimalField, ExpressionWrapper, F, QuerySet, Sum

from apps.tenants.choices import PRICED_PER, REQUESTS_ITEM, STORAGE_ITEM, UsageKind
from apps.tenants.models import UsageHour
from foundation.rounding import CENT, to_cents

_PRODUCT = ExpressionWrapper(F("amount") * F("price"), output_field=DecimalField(max_digits=60, decimal_places=14))
_ITEM_OF = {UsageKind.STORAGE: STORAGE_ITEM, UsageKind.REQUESTS: REQUESTS_ITEM}


class OfKinds:
    """How much was used of each kind; whatever kinds there are, none is dropped."""

    used: dict[UsageKind, Decimal]
    cost: Decimal

    def add(self, row: dict[str, Any]) -> None:
        """One of the answers of `sums`."""
        kind = UsageKind(row["kind"])
        self.used[kind] = self.used.get(kind, Decimal(0)) + row["used"]
        self.cost += row["cost"]

    @property
    def compute_seconds(self) -> Decimal:
        return self.used.get(UsageKind.COMPUTE, Decimal(0))

    @property
    def gpu_seconds(self) -> Decimal:
        return self.used.get(UsageKind.GPU, Decimal(0))

    @property
    def storage_byte_hours(self) -> Decimal:
        return self.used.get(UsageKind.STORAGE, Decimal(0))

    @property
    def requests(self) -> Decimal:
        return self.used.get(UsageKind.REQUESTS, Decimal(0))

    @property
    def stored(self) -> float:
        """GB hours."""
        return float(self.storage_byte_hours) / 1e9


def sums(rows: QuerySet[UsageHour], *columns: str) -> Iterator[dict[str, Any]]:
    """By these columns and kind: `used`, and `cost` in AED, exact. One statement."""
    for row in rows.order_by().values(*columns, "kind").annotate(used=Sum("amount"), priced=Sum(_PRODUCT)):
        yield {**row, "cost": _by_unit(row["priced"], row["kind"])}


def cost_of(row: UsageHour) -> Decimal:
    """What one hourly row costs, exact."""
    return _by_unit(row.amount * row.price, row.kind)


def item_of(kind: str, resource_class: str) -> str:
    """The item of the price list by which an amount is priced; empty for what is in the price of something else."""
    return resource_class if kind == UsageKind.COMPUTE else _ITEM_OF.get(UsageKind(kind), "")


def total(costs: Iterable[Decimal]) -> Decimal:
    """A sum in whole fils, rounded once, at its end."""
    return to_cents(sum(costs, Decimal(0)))


def rounded(costs: Iterable[Decimal]) -> list[Decimal]:
    """Each cost in whole fils, such that they make up the rounded sum: what is left over goes to the largest rests.

    The largest-remainder method (Hamilton's). With exact inputs the sum of the answers is the sum rounded half up.
    """
    exact = list(costs)
    floors = [cost.quantize(CENT, rounding=ROUND_FLOOR) for cost in exact]
    left = int((total(exact) - sum(floors, Decimal(0))) / CENT)
    by_rest = sorted(range(len(exact)), key=lambda n: (floors[n] - exact[n], n))
    for n in by_rest[:left]:
        floors[n] += CENT
    return floors


def _by_unit(product: Decimal, kind: str) -> Decimal:
    """CPU, memory and GPU are in the price of their class already, and cost nothing of their own."""
    per = PRICED_PER.get(UsageKind(kind))
    return product / per if per else Decimal(0)
