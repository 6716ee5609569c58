"""What things cost in AED, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.tenants.choices import PRICE_ITEMS, UsageKind
from apps.tenants.models import Price
from apps.tenants.selectors.money import item_of
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor


class PriceList:
    """Every price that a tenant ever set, in one query; before the first of an item the operator's list holds."""

    def __init__(self, tenant_id: UUID) -> None:
        self.rows: dict[str, list[Price]] = {}
        for row in Price.objects.filter(tenant_id=tenant_id).select_related("set_by").order_by("-valid_from"):
            self.rows.setdefault(row.item, []).append(row)

    def at(self, item: str, moment: datetime) -> Decimal:
        """AED for one unit of the item; 0 for what nobody has put a price on."""
        row = self.row_at(item, moment)
        return row.amount if row else settings.SANAD_PRICES.get(item, Decimal(0))

    def row_at(self, item: str, moment: datetime) -> Price | None:
        return next((row for row in self.rows.get(item, ()) if row.valid_from <= moment), None)

    def of_usage(self, kind: UsageKind, resource_class: str, hour: datetime) -> Decimal:
        """The price that an hour of usage keeps; CPU, memory and GPU are in the price of their class already."""
        item = item_of(kind, resource_class)
        return self.at(item, hour) if item else Decimal(0)


@dataclass(frozen=True)
class ShownPrice:
    """One line of the list: what holds now, from when, and what follows."""

    item: str
    label: object
    unit: object
    amount: Decimal
    # The operator's estimate, where the tenant has set no price that holds by now.
    is_default: bool
    valid_from: datetime | None
    coming: Price | None


def price_list(*, actor: Actor, now: datetime) -> list[ShownPrice]:
    """Every item with its present price and the next one."""
    access.require_somewhere(actor, Permission.USAGE_VIEW)
    known = PriceList(actor.tenant_id)
    return [_shown(known, item, now) for item in PRICE_ITEMS]


def prices_set(*, actor: Actor) -> QuerySet[Price]:
    """Every price that the tenant has set, the newest of each item first."""
    access.require_somewhere(actor, Permission.USAGE_VIEW)
    return Price.objects.filter(tenant_id=actor.tenant_id).select_related("set_by")


def get_price(*, actor: Actor, price_id: UUID) -> Price:
    """One that the tenant has set."""
    found = prices_set(actor=actor).filter(pk=price_id).first()
    if found is None:
        raise NotFound(_("There is no such price; it was taken back, or never set."))
    return found


def _shown(known: PriceList, item: str, now: datetime) -> ShownPrice:
    label, unit = PRICE_ITEMS[item]
    holds = known.row_at(item, now)
    later = [row for row in known.rows.get(item, ()) if row.valid_from > now]
    return ShownPrice(
        item=item,
        label=label,
        unit=unit,
        amount=known.at(item, now),
        is_default=holds is None,
        valid_from=holds.valid_from if holds else None,
        coming=later[-1] if later else None,
    )
