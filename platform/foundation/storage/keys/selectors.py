"""The state of a tenant's keys, for whoever administers it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from foundation.identity import Actor
from foundation.storage import key_stores
from foundation.storage.choices import KeyState
from foundation.storage.keys import policies
from foundation.storage.models import BroughtKey, TenantKey


@dataclass(frozen=True)
class KeyLine:
    """One key: `purpose` is empty for objects and secrets, `wrapped_by` (the key store) for one wrapped the old way.

    `is_current` where it needs no new wrap; `exposed` where older backups of the database hold it wrapped the old way.
    """

    purpose: str
    number: int
    state: KeyState
    made_at: datetime
    wrapped_at: datetime
    wrapped_by: str
    is_current: bool
    with_own_key: bool
    exposed: bool


@dataclass(frozen=True)
class Standing:
    """The tenant's own key, if it brought one; `vault_beginning` is empty where the portal knows no Vault."""

    source: str
    vault_key: str
    brought_at: datetime | None
    withdrawn_at: datetime | None
    store: str
    vault_beginning: str


def key_lines(*, actor: Actor) -> list[KeyLine]:
    """The tenant's keys, newest first."""
    policies.check_can_see_keys(actor)
    mark = key_stores.current().mark
    rows = list(TenantKey.objects.filter(tenant_id=actor.tenant_id).order_by("purpose", "-number"))
    newest = {row.purpose: row.number for row in reversed(rows)}
    return [_line(row, mark, newest, withdrawn=actor.tenant.keys_withdrawn_at is not None) for row in rows]


def standing_of(*, actor: Actor) -> Standing:
    """How it stands with a key of the tenant's own."""
    policies.check_can_see_keys(actor)
    own = BroughtKey.objects.filter(tenant_id=actor.tenant_id).first()
    with_vault = key_stores.is_configured(key_stores.VAULT)
    return Standing(
        source=own.source if own else "",
        vault_key="" if own is None or own.is_kept_here else own.name,
        brought_at=own.brought_at if own else None,
        withdrawn_at=own.withdrawn_at if own else None,
        store=key_stores.current().mark.partition(":")[0],
        vault_beginning=f"{actor.tenant.slug}." if with_vault else "",
    )


def _line(row: TenantKey, mark: str, newest: dict[str, int], *, withdrawn: bool) -> KeyLine:
    state = KeyState.NEWEST if row.number == newest[row.purpose] else KeyState.OLDER
    if row.destroyed_at is not None:
        state = KeyState.DESTROYED
    elif withdrawn and row.brought:
        state = KeyState.WITHDRAWN
    return KeyLine(
        purpose=row.purpose,
        number=row.number,
        state=state,
        made_at=row.created_at,
        wrapped_at=row.wrapped_at,
        wrapped_by=row.mark.partition(":")[0],
        is_current=row.destroyed_at is not None or row.mark == mark,
        with_own_key=row.brought,
        exposed=row.destroyed_at is None and (row.exposed or not row.name),
    )
