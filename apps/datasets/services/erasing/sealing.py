"""The value that names the person: sealed while it is needed, under a key of its own that is destroyed with it."""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import TYPE_CHECKING
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from foundation import storage
from foundation.clock import now
from foundation.identity import Actor
from foundation.storage import keys

if TYPE_CHECKING:
    from apps.datasets.models import Erasure

_NONCE_BYTES = 12


def sealed_value(erasure: Erasure, value: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher(erasure).encrypt(nonce, value.encode(), erasure.pk.bytes)


def open_value(erasure: Erasure) -> str:
    sealed = bytes(erasure.sealed)
    return _cipher(erasure).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], erasure.pk.bytes).decode()


def destroy_value(actor: Actor, erasure: Erasure) -> None:
    """Empty the row and destroy every key it was sealed under: no log and no backup of the database opens it."""
    erasure.sealed = b""
    for number in storage.purpose_keys(erasure.tenant_id, erasure.key_purpose):
        keys.destroy_key(actor=actor, purpose=erasure.key_purpose, number=number, now=now())


def digest_of_value(tenant_id: UUID, value: str) -> str:
    """HMAC-SHA256 under a key of the tenant: tells whether two erasures were of one person, and not who."""
    return hmac.new(subject_key(tenant_id), value.encode(), hashlib.sha256).hexdigest()


def subject_key(tenant_id: UUID) -> bytes:
    return storage.tenant_data_key(tenant_id, "data subjects")


def _cipher(erasure: Erasure) -> AESGCM:
    newest = max(storage.purpose_keys(erasure.tenant_id, erasure.key_purpose).items())
    return AESGCM(newest[1])
