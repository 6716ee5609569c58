"""The sealed form of an object: AES-256-GCM in chunks under a key of its own, wrapped by the tenant's key.

Layout: magic (8) | number of the tenant key (4) | nonce (12) | wrapped data key (48) | chunks of 1 MiB + 16.
Every chunk is bound to the object's identity, its place and whether it is the last, so that a chunk changed, moved,
repeated, cut off or brought from another object, another key or another tenant does not open.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK = 1 << 20
MAGIC = b"SNDOBJ01"
TAG = 16
_NUMBER = struct.Struct(">8sI")
_PLACE = struct.Struct(">QB")
HEADER = _NUMBER.size + 12 + 32 + TAG


class SealBroken(Exception):
    """The bytes are not what was sealed for this identity under this key."""


def number_of(header: bytes) -> int:
    """Under which key of the tenant the object with this header is sealed."""
    if len(header) < HEADER or not header.startswith(MAGIC):
        raise SealBroken
    return int(_NUMBER.unpack(header[: _NUMBER.size])[1])


def header_of(data_key: bytes, *, identity: bytes, tenant_key: bytes, number: int) -> bytes:
    """The beginning of an object: its data key, wrapped by the tenant's key of this number."""
    head, nonce = _NUMBER.pack(MAGIC, number), os.urandom(12)
    return head + nonce + AESGCM(tenant_key).encrypt(nonce, data_key, head + identity)


def data_key_of(header: bytes, *, identity: bytes, tenant_key: Callable[[int], bytes]) -> bytes:
    """The object's own key out of its header."""
    number = number_of(header)
    try:
        return AESGCM(tenant_key(number)).decrypt(header[12:24], header[24:], header[:12] + identity)
    except InvalidTag as error:
        raise SealBroken from error


class Sealer:
    """Seals one stream; after the last chunk `size` and `sha256` tell of the clear content."""

    def __init__(self, source: BinaryIO, *, identity: bytes, tenant_key: bytes, number: int) -> None:
        self._source, self._identity, self._tenant_key, self._number = source, identity, tenant_key, number
        self._hash = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        data_key = AESGCM.generate_key(bit_length=256)
        yield header_of(data_key, identity=self._identity, tenant_key=self._tenant_key, number=self._number)
        cipher, place, chunk = AESGCM(data_key), 0, self._read()
        while True:
            following = self._read() if len(chunk) == CHUNK else b""
            last = not following
            yield cipher.encrypt(nonce_of(place), chunk, bound_of(self._identity, place, last=last))
            if last:
                return
            place, chunk = place + 1, following

    def _read(self) -> bytes:
        """One whole chunk, or what is left; a source may hand out less than it is asked for."""
        parts, wanted = [], CHUNK
        while wanted and (part := self._source.read(wanted)):
            parts.append(part)
            wanted -= len(part)
        chunk = b"".join(parts)
        self._hash.update(chunk)
        self.size += len(chunk)
        return chunk


def nonce_of(place: int) -> bytes:
    """The data key seals one object once, so the chunk's number is nonce enough."""
    return place.to_bytes(12, "big")


def bound_of(identity: bytes, place: int, *, last: bool) -> bytes:
    """What a chunk is bound to: whose it is, its place, and whether it is the last."""
    return _PLACE.pack(place, last) + identity
