"""Reading sealed objects, a chunk at a time.

Opening chunks ahead on other threads was measured and is slower: chunks are then read out of turn, and the kernel no
longer reads ahead of us.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from foundation.storage.envelope import CHUNK, HEADER, TAG, SealBroken, bound_of, data_key_of, nonce_of


class SealedReader(io.RawIOBase):
    """The clear content of a sealed object, seekable; its last chunk is proved before the first byte is given out.

    Memory holds two chunks of 1 MiB. For one thread at a time.
    """

    def __init__(self, sealed: BinaryIO, *, identity: bytes, tenant_key: Callable[[int], bytes]) -> None:
        super().__init__()
        self._sealed, self._identity = sealed, identity
        self._cipher = AESGCM(data_key_of(sealed.read(HEADER), identity=identity, tenant_key=tenant_key))
        body = sealed.seek(0, os.SEEK_END) - HEADER
        self._count = -(-body // (CHUNK + TAG))
        self.size = body - self._count * TAG
        if self._count < 1 or self._length(self._count - 1) < 0:
            raise SealBroken
        self._at, self._kept = 0, -1
        # One chunk as it lies there and one in clear, used again and again: making new ones costs more than opening.
        self._closed, self._clear = bytearray(CHUNK + TAG), bytearray(min(CHUNK, self.size))
        self._keep(self._count - 1)

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
        view = memoryview(buffer).cast("B")
        place, within = divmod(self._at, CHUNK)
        length = self._length(place)
        if within == 0 and len(view) >= length and place != self._kept:
            # A whole chunk is wanted: it is opened where the reader wants to have it.
            self._open(place, view[:length])
            self._at += length
            return length
        self._keep(place)
        piece = memoryview(self._clear)[within:length][: len(view)]
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def readall(self) -> bytes:
        content = bytearray(max(0, self.size - self._at))
        filled = 0
        while filled < len(content):
            filled += self.readinto(memoryview(content)[filled:])
        return bytes(content)

    def close(self) -> None:
        self._sealed.close()
        super().close()

    def _length(self, place: int) -> int:
        """How many bytes the chunk has in clear."""
        return min(CHUNK, self.size - place * CHUNK)

    def _keep(self, place: int) -> None:
        if place != self._kept:
            self._kept = -1
            self._open(place, memoryview(self._clear)[: self._length(place)])
            self._kept = place

    def _open(self, place: int, into: memoryview) -> None:
        """Open the chunk into a buffer of its length in clear."""
        sealed = memoryview(self._closed)[: len(into) + TAG]
        self._sealed.seek(HEADER + place * (CHUNK + TAG))
        bound = bound_of(self._identity, place, last=place == self._count - 1)
        try:
            if self._sealed.readinto(sealed) != len(sealed):  # type: ignore[attr-defined]
                raise SealBroken
            self._cipher.decrypt_into(nonce_of(place), sealed, bound, into)
        except InvalidTag as error:
            into[:] = bytes(len(into))  # what was not proved is given to nobody
            raise SealBroken from error
