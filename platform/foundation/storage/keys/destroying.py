"""The end of keys: what wraps them is destroyed in the key store, where no backup and no log holds a copy."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction

from foundation import ledger, tenancy
from foundation.identity import Actor
from foundation.storage import key_stores, keyring, wrapping
from foundation.storage.errors import KeyStoreUnavailable
from foundation.storage.events import KeyDestroyedForGood, TenantShredded
from foundation.storage.models import BroughtKey, TenantKey, names_of
from foundation.tenancy.models import Tenant

logger = logging.getLogger(__name__)
# A secret that no row names may belong to a transaction that is still open; after a day it does not.
_YOUNG_S = 24 * 3600.0
Secret = tuple[str, str]


@dataclass(frozen=True)
class Shredded:
    """How many keys were destroyed; `exposed` of them lie in backups from before there were key stores."""

    keys: int
    exposed: int


def shred_tenant(*, actor: Actor, tenant: Tenant, now: datetime) -> Shredded:
    """Destroy all keys of a tenant: nothing that it kept opens any more, in no process and out of no backup.

    For whoever deletes tenants, who has checked the right to. Its rows and its ledger stay and can be verified. The
    secrets are destroyed when the transaction around it commits. Where a store is away just then, every door refuses
    all the same, and `sweep_secrets`, which also runs every hour, destroys them once it answers.
    """
    with tenancy.scope(tenant.pk):
        rows = list(TenantKey.objects.select_for_update().filter(destroyed_at=None))
        owned = list(BroughtKey.objects.select_for_update().all())
        done = Shredded(len(rows), sum(row.exposed or not row.name for row in rows))
        secrets = [(row.mark, row.name) for row in rows] + [_of_own(own) for own in owned]
        TenantKey.objects.filter(destroyed_at=None).update(destroyed_at=now, wrapped=b"")
        BroughtKey.objects.all().delete()
        Tenant.objects.filter(pk=tenant.pk).update(keys_destroyed_at=now)
        event = TenantShredded(keys=done.keys, exposed=done.exposed)
        ledger.record(event, actor=actor, subject=("keys", tenant.pk))
        keyring.forget(tenant.pk)
        destroy_after_commit(secrets)
    return done


def destroy_key(*, actor: Actor, purpose: str, number: int, now: datetime) -> None:
    """Destroy one key of a purpose; for the room that sealed under it, which has checked the right to.

    Whatever is still sealed under it opens for nobody, so the room seals what stays under the next number first.
    """
    with tenancy.scope(actor.tenant_id):
        found = TenantKey.objects.select_for_update().filter(purpose=purpose, number=number, destroyed_at=None)
        for row in found:
            secret = (row.mark, row.name)
            TenantKey.objects.filter(pk=row.pk).update(destroyed_at=now, wrapped=b"")
            event = KeyDestroyedForGood(purpose=purpose, number=number)
            ledger.record(event, actor=actor, subject=("keys", actor.tenant_id))
            keyring.forget(actor.tenant_id)
            destroy_after_commit([secret])


def finish_destroying(*, tenant_id: UUID, purpose: str) -> None:
    """Make sure that the secrets of a purpose's destroyed keys are gone, also where an earlier attempt was cut off.

    Outside a transaction, after the one that destroyed them; KeyStoreUnavailable where a store does not answer.
    """
    with tenancy.scope(tenant_id):
        gone = TenantKey.objects.filter(purpose=purpose).exclude(destroyed_at=None).exclude(name="")
        secrets = list(gone.values_list("mark", "name"))
    with key_stores.in_words():
        for mark, name in secrets:
            key_stores.of_mark(mark).destroy(name)


def destroy_after_commit(secrets: Sequence[Secret]) -> None:
    """Destroy secrets, given as mark and name, once the row that named them is gone for good."""
    transaction.on_commit(partial(_destroy, [secret for secret in secrets if all(secret)]))


def sweep_secrets(*, tenant_id: UUID) -> int:
    """Destroy what no row of the tenant names any more: leftovers of what broke off. How many there were."""
    with tenancy.scope(tenant_id):
        rows = list(TenantKey.objects.filter(destroyed_at=None).exclude(name=""))
        owned = [own for own in BroughtKey.objects.all() if own.withdrawn_at is None]
        over = Tenant.objects.filter(pk=tenant_id).exclude(keys_destroyed_at=None).exists()
        gone = list(TenantKey.objects.exclude(destroyed_at=None).exclude(mark="").values_list("mark", flat=True))
    named = {row.name for row in rows} | {own.name for own in owned}
    marks = {key_stores.current().mark, *gone, *(row.mark for row in rows), *(own.store for own in owned)}
    stores = {mark.partition(":")[0]: key_stores.of_mark(mark) for mark in marks}
    swept = 0
    with key_stores.in_words():
        for store in stores.values():
            for name in store.names(names_of(tenant_id)):
                if name not in named and (over or wrapping.made_at(name) < time.time() - _YOUNG_S):
                    swept += store.destroy(name)
    return swept


def _destroy(secrets: Sequence[Secret]) -> None:
    for mark, name in secrets:
        try:
            with key_stores.in_words():
                key_stores.of_mark(mark).destroy(name)
        except KeyStoreUnavailable as error:
            logger.warning("A secret that nothing needs any more waits for the next sweep: %s", error)


def _of_own(own: BroughtKey) -> Secret:
    # A key in the tenant's own hands in Vault is not ours to destroy.
    return (own.store, own.name) if own.is_kept_here else ("", "")
