"""The bill of a month: what each project owes for what, in whole fils that make up the total."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.tenants.choices import PRICE_ITEMS, PRICED_PER, REQUESTS_ITEM, STORAGE_ITEM, UsageBy, UsageKind
from apps.tenants.models import UsageHour
from apps.tenants.selectors.money import cost_of, item_of, rounded, sums, total
from apps.tenants.selectors.usage import Wanted, names_by, nobody, wanted_usage
from foundation.identity import Actor
from foundation.rounding import to_millionths
from foundation.tenancy import scope
from foundation.web.list_files import csv_head, csv_lines

_AT_ONCE = 2000
# What a file of hours holds; amounts are decimal text, so that no program rounds them.
_THING = ("thing_kind", "thing_id", "resource_class", "kind")
HOUR_COLUMNS: dict[str, type] = {
    "hour_utc": datetime,
    **dict.fromkeys((*UsageBy.values, *_THING, "amount", "price_aed", "cost_aed"), str),
}


@dataclass(frozen=True)
class Charge:
    """One item that a project used at one price: so many units (hours, GiB-months, thousands), exact and shown AED."""

    # None for what is of the whole tenant.
    project_id: UUID | None
    project: str
    item: str
    label: object
    unit: object
    quantity: Decimal
    price: Decimal
    cost: Decimal
    shown_cost: Decimal


@dataclass(frozen=True)
class ProjectBill:
    """The charges of one project, or of the whole tenant, with their sum."""

    project_id: UUID | None
    name: str
    charges: list[Charge]

    @property
    def sum(self) -> Decimal:
        return sum((charge.shown_cost for charge in self.charges), Decimal(0))


@dataclass(frozen=True)
class Chargeback:
    """A month's bills; `total` is the exact sum, rounded once, and the shown charges make it up exactly."""

    wanted: Wanted
    bills: list[ProjectBill]
    total: Decimal


def chargeback(*, actor: Actor, wanted: Wanted) -> Chargeback:
    """By project and item, each price that held in the month apart."""
    rows = wanted_usage(actor=actor, wanted=wanted).filter(kind__in=PRICED_PER)
    found = list(sums(rows, "project_id", "resource_class", "price"))
    names = names_by(actor=actor, by=UsageBy.PROJECT, keys={row["project_id"] for row in found} - {None})
    found.sort(key=lambda row: (names.get(row["project_id"], ""), str(row["project_id"]), _item(row), row["price"]))
    exact = [row["cost"] for row in found]
    charges = [_charge(row, names, shown) for row, shown in zip(found, rounded(exact), strict=True)]
    bills: dict[UUID | None, ProjectBill] = {}
    for charge in charges:
        bill = bills.setdefault(charge.project_id, ProjectBill(charge.project_id, charge.project, []))
        bill.charges.append(charge)
    return Chargeback(wanted, list(bills.values()), total(exact))


def chargeback_csv(bill: Chargeback) -> bytes:
    """A line for each charge and one for the total; amounts as numbers with a point, never localised."""
    head = ["month", "project", "item", "quantity", "unit", "price_aed", "cost_aed_exact", "cost_aed"]
    month = str(bill.wanted.month)
    lines = [_bill_line(month, charge) for project in bill.bills for charge in project.charges]
    return csv_head(head) + csv_lines([*lines, [month, "TOTAL", "", "", "", "", "", f"{bill.total:.2f}"]])


def usage_hours(*, actor: Actor, wanted: Wanted) -> Iterator[list[dict[str, Any]]]:
    """Every hourly row of the month by `HOUR_COLUMNS`, with the names that the reader may see; ids for what has none.

    In pieces, so that a month of any length fits: it is read in a scope of its own for as long as somebody fetches it.
    The first statement is made here, so that a refusal is one.
    """
    rows = wanted_usage(actor=actor, wanted=wanted)
    name = {by: _names(actor, by, rows) for by in UsageBy}
    return _usage_batches(actor, rows.order_by("hour", "pk"), name)


def _usage_batches(
    actor: Actor, rows: QuerySet[UsageHour], name: Mapping[UsageBy, Callable[[UUID | None], str]]
) -> Iterator[list[dict[str, Any]]]:
    with scope(actor.tenant_id, user_id=actor.user.pk if actor.user else None):
        found = rows.iterator(_AT_ONCE)
        while some := list(islice(found, _AT_ONCE)):
            yield [
                _usage_line(row, {by: of(getattr(row, f"{by.value}_id")) for by, of in name.items()}) for row in some
            ]


def _bill_line(month: str, charge: Charge) -> list[str]:
    unit, price = _UNITS.get(charge.item, "hour"), f"{charge.price.normalize():f}"
    words = [month, charge.project, charge.item, f"{charge.quantity:.6f}", unit, price]
    return [*words, f"{to_millionths(charge.cost):f}", f"{charge.shown_cost:.2f}"]


def _usage_line(row: UsageHour, names: dict[UsageBy, str]) -> dict[str, Any]:
    thing = [row.thing_kind, str(row.thing_id), row.resource_class, row.kind]
    figures = [f"{row.amount:.6f}", f"{row.price.normalize():f}", f"{to_millionths(cost_of(row)):f}"]
    return dict(zip(HOUR_COLUMNS, [row.hour, *(names[by] for by in UsageBy), *thing, *figures], strict=True))


_UNITS = {STORAGE_ITEM: "GiB-month", REQUESTS_ITEM: "thousand"}


def _names(actor: Actor, by: UsageBy, rows: QuerySet[UsageHour]) -> Callable[[UUID | None], str]:
    keys = set(rows.order_by().values_list(f"{by.value}_id", flat=True).distinct()) - {None}
    names = names_by(actor=actor, by=by, keys=keys)
    return lambda key: names.get(key, str(key)) if key else ""


def _charge(row: Mapping[str, Any], names: dict[UUID, str], shown: Decimal) -> Charge:
    item = _item(row)
    label, unit = PRICE_ITEMS.get(item, (item, ""))
    project_id = row["project_id"]
    name = names.get(project_id, str(project_id)[:8]) if project_id else nobody(UsageBy.PROJECT)
    quantity = row["used"] / PRICED_PER[UsageKind(row["kind"])]
    return Charge(project_id, name, item, label, unit, quantity, row["price"], row["cost"], shown)


def _item(row: Mapping[str, Any]) -> str:
    return item_of(row["kind"], row["resource_class"])
