"""A new key of a tenant, under which everything new is sealed; the older ones stay and open what they sealed."""

from __future__ import annotations

import os
from uuid import UUID, uuid4

from django.db import transaction

from foundation import ledger, tenancy
from foundation.identity import Actor
from foundation.storage import keyring, wrapping
from foundation.storage.events import KeyRotated
from foundation.storage.keys import policies
from foundation.storage.keys.resealing import ask_for_resealing
from foundation.storage.models import TenantKey


@transaction.atomic
def rotate_key(*, actor: Actor, reseal: bool = False) -> int:
    """Make the tenant's next key and answer with its number; with `reseal` a job seals the stored objects under it."""
    policies.check_can_change_keys(actor)
    policies.check_has_keys(actor)
    number = new_key(tenant_id=actor.tenant_id)
    ledger.record(KeyRotated(number=number), actor=actor, subject=("keys", actor.tenant_id))
    if reseal:
        ask_for_resealing(actor=actor)
    return number


def new_key(*, tenant_id: UUID, purpose: str = "") -> int:
    """Make the next key of a purpose and answer with its number; it stands or falls with the caller's transaction."""
    _check_opens(tenant_id, purpose)
    with tenancy.scope(tenant_id):
        # Two who rotate at once wait for each other here.
        of_purpose = TenantKey.objects.select_for_update().filter(tenant_id=tenant_id, purpose=purpose)
        numbers = [row.number for row in of_purpose.order_by("number")]
        row = TenantKey(id=uuid4(), tenant_id=tenant_id, purpose=purpose, number=numbers[-1] + 1)
        wrapping.wrap_anew(row, os.urandom(32), keyring.own_key(tenant_id))
        row.save(force_insert=True)
    return row.number


def _check_opens(tenant_id: UUID, purpose: str) -> None:
    """Refuse where the tenant's keys are withdrawn or destroyed; where the purpose has none yet, its first is made."""
    with tenancy.scope(tenant_id):
        of_purpose = TenantKey.objects.select_related("tenant").filter(tenant_id=tenant_id, purpose=purpose)
        newest = of_purpose.order_by("-number").first()
    if newest is not None and newest.destroyed_at is not None:
        # A purpose that was over begins again: there is nothing to open, and whether there may be is the tenant's.
        tenancy.require_keys(newest.tenant)
        return
    keyring.tenant_key(tenant_id, newest.number if newest else 1, purpose=purpose)
