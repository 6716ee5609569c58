"""The tenant's own prices: each holds from a full hour on, so that what is past keeps what it cost."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.choices import PRICE_ITEMS
from apps.tenants.events import PriceSet, PriceTakenBack
from apps.tenants.models import Price
from foundation import ledger
from foundation.errors import Conflict, Invalid, NotFound
from foundation.identity import Actor

_DEAREST = Decimal(10**6)


@transaction.atomic
def set_price(*, actor: Actor, item: str, amount: Decimal, valid_from: datetime | None, now: datetime) -> Price:
    """AED for a unit of the item, from the given full hour on; without one, from the next."""
    policies.check_can_change_limits(actor, None)
    if item not in PRICE_ITEMS:
        sentence = _("There is no item “%(item)s”. There are: %(items)s.")
        words = {"item": item[:40], "items": ", ".join(PRICE_ITEMS)}
        raise Invalid(sentence % words, fields={"item": [_("Unknown item.")]})
    if not amount.is_finite() or not 0 <= amount <= _DEAREST:
        raise Invalid(_("A price is an amount from 0 to 1000000 AED."), fields={"amount": [_("From 0 to 1000000.")]})
    start = _full_hour(valid_from, now)
    try:
        with transaction.atomic():
            price = Price.objects.create(
                tenant=actor.tenant, item=item, amount=amount, valid_from=start, set_by=actor.user
            )
    except IntegrityError as error:
        sentence = _("A price for this item holds from that hour already; choose another hour.")
        raise Conflict(sentence, details={"field": "valid_from"}) from error
    event = PriceSet(price_id=price.pk, item=item, amount=f"{amount.normalize():f}", valid_from=start)
    ledger.record(event, actor=actor, subject=("price", price.pk))
    return price


@transaction.atomic
def take_back_price(*, actor: Actor, price_id: UUID, now: datetime) -> None:
    """Of a price that does not hold yet: what it would have followed goes on. One that has held is history."""
    policies.check_can_change_limits(actor, None)
    price = Price.objects.select_for_update().filter(tenant_id=actor.tenant_id, pk=price_id).first()
    if price is None:
        raise NotFound(_("There is no such price; it was taken back, or never set."))
    if price.valid_from <= now:
        raise Conflict(_("This price holds already, and what was used keeps what it cost. Set another one instead."))
    taken = PriceTakenBack(price_id=price.pk, item=price.item, valid_from=price.valid_from)
    price.delete()
    ledger.record(taken, actor=actor, subject=("price", taken.price_id))


def _full_hour(wanted: datetime | None, now: datetime) -> datetime:
    following = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if wanted is None:
        return following
    if wanted != wanted.replace(minute=0, second=0, microsecond=0):
        sentence = _("A price holds from a full hour on, since usage is counted by the hour.")
        raise Invalid(sentence, fields={"valid_from": [sentence]})
    if wanted < following:
        sentence = _("A price cannot hold for what is past; the next full hour is the first.")
        raise Invalid(sentence, fields={"valid_from": [sentence]})
    return wanted
