"""Tables destroyed so that nobody reads them again, whatever copy of the database or of the files they have."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from foundation import clock, tenancy
from foundation.identity import Actor
from foundation.lake import for_tenant
from foundation.lake.keys import PURPOSE
from foundation.storage import keyring, keys


def shred(*, actor: Actor, tables: Sequence[str]) -> int:
    """Destroy tables, their files and every key that opens them; how many other files' keys were sealed anew.

    For a job, outside any transaction. Cut off at any point, doing it again ends it: each time another key is made for
    what stays, and all before it are destroyed. Unavailable where the lake is busy or the key store away: try again.
    """
    return _under_a_new_key(actor, tables, for_tenant(actor.tenant_id).destroy)


def shred_past(*, actor: Actor, tables: Sequence[str]) -> int:
    """The same for what tables that grow were before rows were erased from them; as they are now, they stay."""
    return _under_a_new_key(actor, tables, for_tenant(actor.tenant_id).forget_past)


def _under_a_new_key(actor: Actor, tables: Sequence[str], destroy: Callable[..., int]) -> int:
    tenant_id, made = actor.tenant_id, list[int]()

    def make_key() -> None:
        with tenancy.scope(tenant_id):
            made.append(keys.new_key(tenant_id=tenant_id, purpose=PURPOSE))

    count = destroy(tables, make_key=make_key)
    _destroy_keys_before(actor, made[0])
    return count


def _destroy_keys_before(actor: Actor, made: int) -> None:
    """No later one: somebody else who destroys tables may have made it and not have sealed anything under it yet."""
    tenant_id = actor.tenant_id
    with tenancy.scope(tenant_id):
        for number in keyring.living_numbers(tenant_id, purpose=PURPOSE):
            if number < made:
                keys.destroy_key(actor=actor, purpose=PURPOSE, number=number, now=clock.now())
    keys.finish_destroying(tenant_id=tenant_id, purpose=PURPOSE)
