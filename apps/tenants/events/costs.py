"""Quotas, budgets and prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.tenants.choices import PriceItem
from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class QuotaChanged(ledger.Event):
    """`limits` are those that are set, by field; `project` is empty where they hold for the whole tenant."""

    kind = "quota.changed"
    said = _("set the quota")
    icon = "adjustments-horizontal"
    quota_id: UUID
    project: UUID | None
    limits: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class QuotaRemoved(ledger.Event):
    kind = "quota.removed"
    said = _("removed the quota")
    icon = "x"
    quota_id: UUID
    project: UUID | None


@dataclass(frozen=True, kw_only=True)
class BudgetChanged(ledger.Event):
    """Limits in AED, as decimal words; empty where there is none."""

    kind = "budget.changed"
    said = _("set the budget")
    icon = "adjustments-horizontal"
    budget_id: UUID
    project: UUID | None
    soft: str
    hard: str


@dataclass(frozen=True, kw_only=True)
class BudgetRemoved(ledger.Event):
    kind = "budget.removed"
    said = _("removed the budget")
    icon = "x"
    budget_id: UUID
    project: UUID | None


@dataclass(frozen=True, kw_only=True)
class BudgetReached(ledger.Event):
    """A share of the soft limit was reached in a month, like 2026-03; `spent` in AED."""

    kind = "budget.reached"
    said = _("found %(percent)s per cent of the budget for %(month)s spent")
    icon = "alert-triangle"
    budget_id: UUID
    project: UUID | None
    month: str
    percent: int
    spent: str


@dataclass(frozen=True, kw_only=True)
class PriceSet(ledger.Event):
    """AED for a unit of the item from a full hour on."""

    kind = "price.set"
    said = _("set a price for “%(item)s”")
    icon = "tag"
    labels: ClassVar = {"item": PriceItem}
    price_id: UUID
    item: str
    amount: str
    valid_from: datetime


@dataclass(frozen=True, kw_only=True)
class PriceTakenBack(ledger.Event):
    """Before it held: nothing was counted at it."""

    kind = "price.taken_back"
    said = _("took back the coming price for “%(item)s”")
    icon = "arrow-back-up"
    labels: ClassVar = {"item": PriceItem}
    price_id: UUID
    item: str
    valid_from: datetime
