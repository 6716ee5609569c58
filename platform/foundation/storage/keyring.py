"""The tenants' keys: made once, kept wrapped in the database, open in this process's memory alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, connections
from django.utils.translation import gettext as _

from foundation import tenancy
from foundation.storage.errors import KeyUnusable

if TYPE_CHECKING:
    from django.db.models import Manager

    from foundation.storage.models import TenantKey

_INSERT = """
INSERT INTO storage_tenantkey (id, tenant_id, number, wrapped, created_at)
VALUES (gen_random_uuid(), %s, 1, %s, now()) ON CONFLICT (tenant_id, number) DO NOTHING
"""
_open_keys: dict[tuple[UUID, int], bytes] = {}


def derive(secret: bytes, purpose: str) -> bytes:
    """A 32-byte key for one purpose; keys of different purposes say nothing about each other."""
    return HKDF(algorithm=SHA256(), length=32, salt=b"sanad", info=purpose.encode()).derive(secret)


def tenant_key(tenant_id: UUID, number: int) -> bytes:
    """The tenant's key of this number, 32 bytes; the first one is made when it is first asked for."""
    found = _open_keys.get((tenant_id, number))
    if found is None:
        row = _row(tenant_id, number) or (_make_first(tenant_id) if number == 1 else None)
        if row is None:
            sentence = _("Key %(number)s of tenant %(tenant)s is not in the database: restore it from a backup.")
            raise KeyUnusable(sentence % {"number": number, "tenant": tenant_id})
        found = _open_keys[tenant_id, number] = _unwrap(row)
    return found


def newest_number(tenant_id: UUID) -> int:
    """The number of the key that new objects are sealed under."""
    with tenancy.scope(tenant_id):
        row = _rows().filter(tenant_id=tenant_id).order_by("-number").first()
    return row.number if row else 1


def _rows() -> Manager[TenantKey]:
    # The package is imported before Django's models are ready.
    return apps.get_model("storage", "TenantKey")._default_manager


def _row(tenant_id: UUID, number: int) -> TenantKey | None:
    with tenancy.scope(tenant_id):
        return _rows().filter(tenant_id=tenant_id, number=number).first()


def _make_first(tenant_id: UUID) -> TenantKey | None:
    """Make key 1, committed at once where it can be: what is sealed under it may outlive the caller's transaction."""
    wrapped = _wrap(os.urandom(32), tenant_id, 1)
    try:
        _insert_apart(tenant_id, wrapped)
    except (IntegrityError, OperationalError):
        # The tenant is not committed yet, or the caller's own transaction holds it: both stand or fall together.
        with tenancy.scope(tenant_id), connection.cursor() as cursor:
            cursor.execute(_INSERT, [tenant_id, wrapped])
    return _row(tenant_id, 1)


def _insert_apart(tenant_id: UUID, wrapped: bytes) -> None:
    apart = connections["default"].copy("default")
    try:
        with apart.cursor() as cursor:
            cursor.execute("SELECT set_config('sanad.tenant', %s, false)", [str(tenant_id)])
            cursor.execute("SET lock_timeout = '2s'")
            cursor.execute(_INSERT, [tenant_id, wrapped])
    finally:
        apart.close()


def _secrets() -> list[bytes]:
    return [str(secret).encode() for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def _wrap(key: bytes, tenant_id: UUID, number: int) -> bytes:
    nonce = os.urandom(12)
    return nonce + AESGCM(derive(_secrets()[0], "tenant keys")).encrypt(nonce, key, _bound(tenant_id, number))


def _unwrap(row: TenantKey) -> bytes:
    wrapped = bytes(row.wrapped)
    for secret in _secrets():
        try:
            cipher = AESGCM(derive(secret, "tenant keys"))
            return cipher.decrypt(wrapped[:12], wrapped[12:], _bound(row.tenant_id, row.number))
        except InvalidTag:
            continue
    raise KeyUnusable(
        _(
            "The tenant's key was wrapped with another SANAD_SECRET_KEY. Start the portal with the secret key "
            "this database was made with."
        )
    )


def _bound(tenant_id: UUID, number: int) -> bytes:
    return b"tenant key" + tenant_id.bytes + number.to_bytes(4, "big")
