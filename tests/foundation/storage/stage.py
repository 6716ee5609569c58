"""What the tests of keys share: other processes, and the secrets of a tenant in the key store."""

from __future__ import annotations

import contextlib
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.test import TestCase

from foundation.storage import key_stores, keyring
from foundation.storage.models import TenantKey, names_of
from foundation.tenancy import scope


def in_another_process() -> None:
    """Nothing is open in memory: as in a process that was started just now."""
    keyring._open_keys.clear()


@contextlib.contextmanager
def committed():
    """What waits for the commit is done at the end of the block, as if the test's transaction had been committed."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        yield


def secrets_of(tenant) -> list[str]:
    return key_stores.current().names(names_of(tenant.pk))


def rows_of(tenant) -> list[TenantKey]:
    with scope(tenant.pk):
        return list(TenantKey.objects.order_by("purpose", "number"))


def wrap_the_old_way(tenant) -> None:
    """Key 1 as a portal before the key stores left it: under the secret key alone."""
    bound = b"tenant key" + tenant.pk.bytes + (1).to_bytes(4, "big")
    nonce, secret = os.urandom(12), keyring.derive(settings.SECRET_KEY.encode(), "tenant keys")
    wrapped = nonce + AESGCM(secret).encrypt(nonce, os.urandom(32), bound)
    with scope(tenant.pk):
        TenantKey.objects.create(tenant=tenant, number=1, wrapped=wrapped)
