"""The sealed form of an object: AES-256-GCM in chunks under a key of its own, wrapped by the tenant's key.

Layout: magic (8) | number of the tenant key (4) | nonce (12) | wrapped data key (48) | chunks of 1 MiB + 16.
Every chunk is bound to the object's identity, its place and whether it is the last, so that a chunk changed, moved,
repeated, cut off or brought from another object, another key or another tenant does not open.
"""

from __future__ import annotations

import hashlib
import io
import os
import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK = 1 << 20
MAGIC = b"SNDOBJ01"
_TAG = 16
_NUMBER = struct.Struct(">8sI")
_PLACE = struct.Struct(">QB")
HEADER = _NUMBER.size + 12 + 32 + _TAG


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
            # The data key seals one object once, so the chunk's number is nonce enough.
            yield cipher.encrypt(_nonce(place), chunk, _bound(self._identity, place, last=last))
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


class SealedReader(io.RawIOBase):
    """The clear content of a sealed object, seekable; its last chunk is proved before the first byte is given out."""

    def __init__(self, sealed: BinaryIO, *, identity: bytes, tenant_key: Callable[[int], bytes]) -> None:
        super().__init__()
        self._sealed, self._identity = sealed, identity
        self._cipher = AESGCM(data_key_of(sealed.read(HEADER), identity=identity, tenant_key=tenant_key))
        body = sealed.seek(0, os.SEEK_END) - HEADER
        self._count = -(-body // (CHUNK + _TAG))
        self.size = body - self._count * _TAG
        self._place, self._at, self._number, self._chunk = 0, 0, -1, b""
        if self._count < 1 or self.size < 0:
            raise SealBroken
        self._load(self._count - 1)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if self._at >= self.size:
            return 0
        self._load(self._at // CHUNK)
        piece = self._chunk[self._at % CHUNK :][: len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def close(self) -> None:
        self._sealed.close()
        super().close()

    def _load(self, place: int) -> None:
        if place == self._number:
            return
        self._sealed.seek(HEADER + place * (CHUNK + _TAG))
        sealed = self._sealed.read(CHUNK + _TAG)
        try:
            bound = _bound(self._identity, place, last=place == self._count - 1)
            self._chunk, self._number = self._cipher.decrypt(_nonce(place), sealed, bound), place
        except InvalidTag as error:
            raise SealBroken from error


def _nonce(place: int) -> bytes:
    return place.to_bytes(12, "big")


def _bound(identity: bytes, place: int, *, last: bool) -> bytes:
    return _PLACE.pack(place, last) + identity
