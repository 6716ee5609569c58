"""Small secrets of people, who belong to no tenant: sealed with a key derived from the portal's own secret."""

from __future__ import annotations

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.translation import gettext as _

from foundation.storage.errors import ObjectDamaged
from foundation.storage.keyring import derive

_MARK = "sealed:1:"


def seal_for_portal(purpose: str, secret: str) -> str:
    """The secret as text that this portal alone opens, for this purpose alone (AES-256-GCM)."""
    nonce = os.urandom(12)
    sealed = AESGCM(_key(settings.SECRET_KEY, purpose)).encrypt(nonce, secret.encode(), _bound(purpose))
    return _MARK + base64.urlsafe_b64encode(nonce + sealed).decode()


def open_for_portal(purpose: str, sealed: str) -> str:
    """What was sealed, under the present portal secret or an earlier one; ObjectDamaged where none of them opens it."""
    packed = base64.urlsafe_b64decode(sealed.removeprefix(_MARK)) if sealed.startswith(_MARK) else b""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return AESGCM(_key(str(secret), purpose)).decrypt(packed[:12], packed[12:], _bound(purpose)).decode()
        except (InvalidTag, ValueError):
            continue
    sentence = _("A sealed secret (%(purpose)s) was changed, or sealed under another SANAD_SECRET_KEY; renew it.")
    raise ObjectDamaged(sentence % {"purpose": purpose})


def _key(secret: str, purpose: str) -> bytes:
    return derive(str(secret).encode(), f"portal secret:{purpose}")


def _bound(purpose: str) -> bytes:
    return _MARK.encode() + purpose.encode()
