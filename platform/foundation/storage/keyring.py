"""The tenants' keys: made once, kept wrapped in the database, open in this process's memory alone and for moments."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.apps import apps
from django.db import IntegrityError, OperationalError, connection, connections
from django.utils.translation import gettext as _

from foundation import tenancy
from foundation.storage import key_stores, wrapping
from foundation.storage.errors import KeyDestroyed, KeyUnusable
from foundation.storage.wrapping import derive

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper
    from django.db.models import Manager

    from foundation.storage.models import BroughtKey, TenantKey

__all__ = ["derive", "forget", "has_living", "living_numbers", "newest_number", "own_key", "tenant_key"]

# An open key is used for so long before the database is asked again whether it may be: this bounds, in every process,
# how long a key that was withdrawn or destroyed still opens something.
RECHECK_S = 1.0
# And for so long before its store is asked again: a key that was taken away in Vault itself is gone after this.
REOPEN_S = 60.0
_LIVING = """
SELECT number FROM storage_tenantkey WHERE tenant_id = %s AND purpose = %s AND destroyed_at IS NULL ORDER BY number
"""
_INSERT = """
INSERT INTO storage_tenantkey
  (id, tenant_id, purpose, number, wrapped, name, mark, brought, exposed, created_at, wrapped_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, false, now(), now()) ON CONFLICT (tenant_id, purpose, number) DO NOTHING
"""


@dataclass(frozen=True)
class _Open:
    """An open key, the wrap it came out of (as its digest), and when both were last seen to be good."""

    key: bytes
    wrap: bytes
    opened: float
    checked: float


_open_keys: dict[tuple[UUID, str, int], _Open] = {}


def tenant_key(tenant_id: UUID, number: int, *, purpose: str = "") -> bytes:
    """The tenant's key of this number, 32 bytes; the first one is made when it is first asked for.

    KeyWithdrawn, KeyDestroyed, KeyMissing, KeyUnusable or KeyStoreUnavailable say why it does not open.
    """
    found, moment = _open_keys.get((tenant_id, purpose, number)), time.monotonic()
    if found is not None and moment - found.checked < RECHECK_S:
        return found.key
    row = _row(tenant_id, number, purpose) or (_make_first(tenant_id, purpose) if number == 1 and not found else None)
    if row is None:
        # A row that another transaction has not committed yet is invisible here, though its maker may use the key.
        if found is not None and moment - found.opened < REOPEN_S:
            return found.key
        sentence = _("Key %(number)s of tenant %(tenant)s is not in the database: restore it from a backup.")
        raise KeyUnusable(sentence % {"number": number, "tenant": tenant_id})
    return _reopened(row, found, moment).key


def newest_number(tenant_id: UUID, *, purpose: str = "") -> int:
    """The number of the key that new objects are sealed under."""
    with tenancy.reading(tenant_id):
        row = _rows().filter(tenant_id=tenant_id, purpose=purpose).order_by("-number").first()
    return row.number if row else 1


def living_numbers(tenant_id: UUID, *, purpose: str) -> list[int]:
    """The numbers of a purpose's keys that are not destroyed, in order; 1 alone where none was made yet or is left."""
    # Asked each time that somebody opens a lake: put together from models, the question takes longer than its answer.
    with tenancy.reading(tenant_id), connection.cursor() as cursor:
        cursor.execute(_LIVING, [tenant_id, purpose])
        return [number for (number,) in cursor.fetchall()] or [1]


def has_living(tenant_id: UUID, *, purpose: str) -> bool:
    """Whether a key of the purpose was made and not destroyed; asking makes none."""
    with tenancy.scope(tenant_id):
        return _rows().filter(tenant_id=tenant_id, purpose=purpose, destroyed_at=None).exists()


def forget(tenant_id: UUID) -> None:
    """Drop the tenant's open keys out of this process's memory; other processes do so within RECHECK_S."""
    for place in [place for place in list(_open_keys) if place[0] == tenant_id]:
        _open_keys.pop(place, None)


def own_key(tenant_id: UUID) -> BroughtKey | None:
    """The key that the tenant brought, if it did. Only in the tenant's scope."""
    return apps.get_model("storage", "BroughtKey")._default_manager.filter(tenant_id=tenant_id).first()


def _reopened(row: TenantKey, found: _Open | None, moment: float) -> _Open:
    """The key in the row, opened where it is not open already; dropped where it may not be open any more."""
    place = (row.tenant_id, row.purpose, row.number)
    try:
        tenancy.require_keys(row.tenant)
        if row.destroyed_at is not None:
            sentence = _("Key %(number)s was destroyed: what was sealed under it can be opened by nobody any more.")
            raise KeyDestroyed(sentence % {"number": row.number})
        wrap = hashlib.sha256(bytes(row.wrapped)).digest()
        if found is not None and found.wrap == wrap and moment - found.opened < REOPEN_S:
            fresh = replace(found, checked=moment)
        else:
            with tenancy.scope(row.tenant_id):
                own = own_key(row.tenant_id) if row.brought else None
            fresh = _Open(wrapping.unwrap(row, own), wrap, moment, moment)
    except Exception:
        _open_keys.pop(place, None)
        raise
    _open_keys[place] = fresh
    return fresh


def _rows() -> Manager[TenantKey]:
    # The package is imported before Django's models are ready.
    return apps.get_model("storage", "TenantKey")._default_manager


def _row(tenant_id: UUID, number: int, purpose: str) -> TenantKey | None:
    with tenancy.reading(tenant_id):
        found = _rows().select_related("tenant").filter(tenant_id=tenant_id, number=number, purpose=purpose)
        return found.first()


def _make_first(tenant_id: UUID, purpose: str) -> TenantKey | None:
    """Make key 1, committed at once where it can be: what is sealed under it may outlive the caller's transaction."""
    with tenancy.scope(tenant_id):
        for tenant in apps.get_model("tenancy", "Tenant")._default_manager.filter(pk=tenant_id):
            tenancy.require_keys(tenant)
        made = apps.get_model("storage", "TenantKey")(id=uuid4(), tenant_id=tenant_id, purpose=purpose, number=1)
        wrapping.wrap_anew(made, os.urandom(32), own_key(tenant_id))
    try:
        ours = _insert_apart(made)
    except (IntegrityError, OperationalError):
        # The tenant is not committed yet, or the caller's own transaction holds it: both stand or fall together.
        with tenancy.scope(tenant_id), connection.cursor() as cursor:
            ours = _insert(cursor, made)
    if not ours:
        with key_stores.in_words():
            key_stores.of_mark(made.mark).destroy(made.name)
    return _row(tenant_id, 1, purpose)


def _insert_apart(made: TenantKey) -> bool:
    apart = connections["default"].copy("default")
    try:
        with apart.cursor() as cursor:
            cursor.execute("SELECT set_config('sanad.tenant', %s, false)", [str(made.tenant_id)])
            cursor.execute("SET lock_timeout = '2s'")
            return _insert(cursor, made)
    finally:
        apart.close()


def _insert(cursor: CursorWrapper, made: TenantKey) -> bool:
    """Whether ours is the first; somebody else may have been faster."""
    named = (made.pk, made.tenant_id, made.purpose, made.number)
    cursor.execute(_INSERT, (*named, bytes(made.wrapped), made.name, made.mark, made.brought))
    return cursor.rowcount == 1
