"""Small secrets sealed for one tenant and one purpose, and the keys that other parts seal with."""

from __future__ import annotations

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.translation import gettext as _

from foundation.storage import keyring
from foundation.storage.errors import ObjectDamaged

_MAGIC = b"SNDSEC01"
_NONCE = slice(12, 24)


def tenant_data_key(tenant_id: UUID, purpose: str, *, number: int = 1) -> bytes:
    """32 bytes derived from the tenant's key of this number for one purpose; the same whenever it is asked for."""
    return keyring.derive(keyring.tenant_key(tenant_id, number), f"data:{purpose}")


def purpose_key(tenant_id: UUID, purpose: str, number: int) -> bytes:
    """A key of its own, 32 bytes, that can be destroyed by itself (`storage.keys`); the first is made at need."""
    return keyring.tenant_key(tenant_id, number, purpose=purpose)


def purpose_keys(tenant_id: UUID, purpose: str) -> dict[int, bytes]:
    """The keys of a purpose that are not destroyed, by number; the last one is what new things are sealed under."""
    numbers = keyring.living_numbers(tenant_id, purpose=purpose)
    return {number: keyring.tenant_key(tenant_id, number, purpose=purpose) for number in numbers}


def has_purpose_key(tenant_id: UUID, purpose: str) -> bool:
    """Whether the purpose has a key that is not destroyed; asking makes none."""
    return keyring.has_living(tenant_id, purpose=purpose)


def seal(tenant_id: UUID, purpose: str, secret: bytes) -> bytes:
    """The secret, sealed: only this tenant and purpose open it. 52 bytes longer than what went in."""
    number = keyring.newest_number(tenant_id)
    head, nonce = _MAGIC + number.to_bytes(4, "big"), os.urandom(12)
    cipher = AESGCM(_key(tenant_id, purpose, number))
    return head + nonce + cipher.encrypt(nonce, secret, _bound(head, tenant_id, purpose))


def open_sealed(tenant_id: UUID, purpose: str, sealed: bytes) -> bytes:
    """What was sealed, or ObjectDamaged where it was changed or belongs to another tenant or purpose."""
    head = sealed[:12]
    if not head.startswith(_MAGIC) or len(sealed) < 40:
        raise ObjectDamaged(
            _("A sealed secret (%(purpose)s) was cut or never sealed; renew it.") % {"purpose": purpose}
        )
    cipher = AESGCM(_key(tenant_id, purpose, int.from_bytes(head[8:], "big")))
    try:
        return cipher.decrypt(sealed[_NONCE], sealed[24:], _bound(head, tenant_id, purpose))
    except InvalidTag as error:
        sentence = _("A sealed secret (%(purpose)s) was changed, or sealed for another tenant or purpose; renew it.")
        raise ObjectDamaged(sentence % {"purpose": purpose}) from error


def _key(tenant_id: UUID, purpose: str, number: int) -> bytes:
    return keyring.derive(keyring.tenant_key(tenant_id, number), f"secret:{purpose}")


def _bound(head: bytes, tenant_id: UUID, purpose: str) -> bytes:
    return head + tenant_id.bytes + purpose.encode()
