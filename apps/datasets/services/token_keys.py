"""A key of tokens, open for moments: it makes the tokens of columns, and seals what can have none.

What has no columns yet (an event that cannot be decoded) is sealed under a key derived from it, so that both are
nobody's in the same moment: when the key is destroyed.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.translation import gettext as _

from foundation import storage
from foundation.storage.errors import KeyDestroyed, ObjectDamaged

if TYPE_CHECKING:
    import pyarrow as pa

PURPOSE = "column-tokens"
MARK = "tok_"
_LENGTH = len(MARK) + 26
_SIGNS = b"abcdefghijklmnopqrstuvwxyz234567"
_KEPT_BYTES, _BLOCK, _NONCE_BYTES = 16, 64, 12


@dataclass(frozen=True)
class TokenKey:
    """The key of this number among a tenant's keys of tokens."""

    tenant_id: UUID
    number: int
    key: bytes = field(repr=False)

    def tokens(self, values: pa.Array) -> pa.Array:
        """The tokens of values of any type; each different one is worked out once."""
        import pyarrow as pa

        encoded = values.dictionary_encode()
        texts = [None if value is None else as_text(value) for value in encoded.dictionary.to_pylist()]
        return pa.array(self.tokens_of(texts), pa.string()).take(encoded.indices)

    def tokens_of(self, texts: Sequence[str | None]) -> list[str | None]:
        """The tokens of these texts, in their order. What is empty or a token already stays as it is."""
        plain = [text if text is None else text.strip() for text in texts]
        apart = [text for text in plain if text and not is_token(text)]
        made = dict(zip(apart, self._made(apart), strict=True))
        return [text if text is None else made.get(text, text) for text in plain]

    def token(self, value: str) -> str:
        return self.tokens_of([value])[0] or ""

    def seal(self, body: bytes, bound: bytes) -> bytes:
        """28 bytes longer than what went in; `bound` says where it lies, and has to be said again to open it."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, body, bound)

    def open(self, sealed: bytes, bound: bytes) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound)
        except InvalidTag as error:
            raise ObjectDamaged(_("An event in quarantine was changed where it lies, and cannot be opened.")) from error

    @cached_property
    def _cipher(self) -> AESGCM:
        return AESGCM(hmac.digest(self.key, b"sealed beside tokens", "sha256"))

    @cached_property
    def _pads(self) -> tuple[Any, Any]:
        """HMAC (RFC 2104) hashes the key in two forms before each value: here both are hashed once, and copied."""
        key = self.key.ljust(_BLOCK, b"\0")
        return hashlib.sha256(bytes(one ^ 0x36 for one in key)), hashlib.sha256(bytes(one ^ 0x5C for one in key))

    def _made(self, texts: Sequence[str]) -> list[str]:
        """The first 128 bits of each HMAC-SHA256, in base32: 26 signs of five bits, of which the last two are none."""
        import numpy as np

        if not texts:
            return []
        inner, outer = self._pads
        digests = bytearray()
        for text in texts:
            one, other = inner.copy(), outer.copy()
            one.update(text.encode())
            other.update(one.digest())
            digests += other.digest()[:_KEPT_BYTES]
        bits = np.zeros((len(texts), 130), dtype=np.uint8)
        bits[:, :128] = np.unpackbits(np.frombuffer(bytes(digests), dtype=np.uint8).reshape(-1, _KEPT_BYTES), axis=1)
        five = bits.reshape(-1, 26, 5) @ np.array([16, 8, 4, 2, 1], dtype=np.uint8)
        signs = np.frombuffer(_SIGNS, dtype=np.uint8)[five].tobytes().decode()
        return [MARK + signs[at : at + 26] for at in range(0, len(signs), 26)]


def opened_key(tenant_id: UUID, number: int) -> TokenKey | None:
    """The key of this number; None where it was destroyed."""
    try:
        return TokenKey(tenant_id, number, storage.purpose_key(tenant_id, PURPOSE, number))
    except KeyDestroyed:
        return None


def is_token(text: str) -> bool:
    return text.startswith(MARK) and len(text) == _LENGTH


def as_text(value: Any) -> str:
    """A whole number as its digits, whichever type it came in: the same person joins."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
