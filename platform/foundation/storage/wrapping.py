"""The wrap of a tenant's key: by a secret in the key store, and inside that by the key that the tenant brought."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext as _

from foundation.storage import key_stores
from foundation.storage.errors import KeyUnusable

if TYPE_CHECKING:
    from foundation.storage.models import BroughtKey, TenantKey


def derive(secret: bytes, purpose: str) -> bytes:
    """A 32-byte key for one purpose; keys of different purposes say nothing about each other."""
    return HKDF(algorithm=SHA256(), length=32, salt=b"sanad", info=purpose.encode()).derive(secret)


def wrap_anew(row: TenantKey, key: bytes, own: BroughtKey | None) -> None:
    """Put the key into the row under a fresh secret of the store in use now; the caller saves the row.

    A fresh secret each time, so that the one before can be destroyed: with it go the wraps that lie in backups.
    """
    row.exposed = row.exposed or (bool(row.wrapped) and not row.name)
    row.name, row.brought = row.secret_name(ending()), own is not None
    with key_stores.in_words():
        _put_outside(row, key_stores.of_mark(own.store).wrap(own.name, key, row.bound) if own else key)


def rewrap(row: TenantKey) -> None:
    """As `wrap_anew`, without opening what the tenant's own key wraps: works while that is withdrawn, too."""
    if not row.name:
        wrap_anew(row, _unwrap_old(row), None)
        return
    with key_stores.in_words():
        inner = key_stores.of_mark(row.mark).unwrap(row.name, bytes(row.wrapped), row.bound)
        row.name = row.secret_name(ending())
        _put_outside(row, inner)


def unwrap(row: TenantKey, own: BroughtKey | None) -> bytes:
    """The key in the row, 32 bytes; KeyUnusable, KeyMissing or KeyStoreUnavailable in words."""
    if not row.name:
        return _unwrap_old(row)
    with key_stores.in_words():
        inner = key_stores.of_mark(row.mark).unwrap(row.name, bytes(row.wrapped), row.bound)
        if not row.brought:
            return inner
        if own is None:
            raise KeyUnusable(_("This key is wrapped with a key of the tenant's own that the portal does not know."))
        return key_stores.of_mark(own.store).unwrap(own.name, inner, row.bound)


def _put_outside(row: TenantKey, inner: bytes) -> None:
    store = key_stores.current()
    store.make(row.name)
    row.mark, row.wrapped = store.mark, store.wrap(row.name, inner, row.bound)


def ending() -> str:
    """The last part of a new secret's name: when it was made, so that a sweep knows the young, and a random part."""
    return f"{int(time.time()):x}-{os.urandom(5).hex()}"


def made_at(name: str) -> float:
    """Seconds since the epoch at which the secret of this name was made."""
    return float(int(name.rpartition(".")[2].partition("-")[0], 16))


def _unwrap_old(row: TenantKey) -> bytes:
    """As portals before the key stores wrapped: by the secret key alone."""
    wrapped = bytes(row.wrapped)
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            cipher = AESGCM(derive(str(secret).encode(), "tenant keys"))
            return cipher.decrypt(wrapped[:12], wrapped[12:], row.bound)
        except InvalidTag:
            continue
    raise KeyUnusable(
        _(
            "The tenant's key was wrapped with another SANAD_SECRET_KEY. Start the portal with the secret key "
            "this database was made with."
        )
    )
