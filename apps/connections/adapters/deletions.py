"""Deletion vectors: which rows of a data file are gone, as 64-bit Roaring bitmaps write their numbers.

Format: the Delta Lake protocol ("Deletion Vectors") and the Roaring format specification. Read by hand, in numpy alone:
the bytes are somebody else's, and each figure in them is held against what is there before anything is taken.
"""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from apps.connections.errors import SourceBroken
from foundation.words import kept as _

Positions = NDArray[np.int64]
_MAGIC = 1_681_511_377
_WITHOUT_RUNS, _WITH_RUNS = 12_346, 12_347
_FEWEST_WITH_OFFSETS, _MOST_IN_ARRAY, _BITMAP_BYTES = 4, 4096, 8192
_PLAIN = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
_Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def from_z85(text: str) -> bytes:
    """Bytes written in Z85 (ZeroMQ RFC 32), as Delta writes names and short vectors."""
    try:
        return base64.b85decode(text.translate(str.maketrans(_Z85, _PLAIN)))
    except ValueError as error:
        raise _broken() from error


def in_file(content: bytes, offset: int, size: int) -> bytes:
    """The vector at `offset` of a file of vectors: its size, big-endian, the vector, its CRC-32."""
    try:
        (said,) = struct.unpack_from(">i", content, offset)
        vector = content[offset + 4 : offset + 4 + size]
        (crc,) = struct.unpack_from(">I", content, offset + 4 + size)
    except struct.error as error:
        raise _broken() from error
    if said != size or zlib.crc32(vector) != crc:
        raise _broken()
    return vector


def positions(vector: bytes, *, count: int) -> Positions:
    """The numbers, sorted; SourceBroken where they are not as many as was said."""
    try:
        found = _Reader(vector).all()
    except (struct.error, ValueError) as error:
        raise _broken() from error
    if len(found) != count:
        raise _broken()
    return found


def _broken() -> SourceBroken:
    return SourceBroken(
        _("The table's list of deleted rows is damaged; its rows cannot be told from the deleted ones.")
    )


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def all(self) -> Positions:
        if self._take("<i") != (_MAGIC,):
            raise ValueError("no vector of Delta's")
        (bitmaps,) = self._take("<q")
        if not 0 <= bitmaps <= len(self._content):
            raise ValueError("more bitmaps than bytes")
        parts = []
        for _number in range(bitmaps):
            (key,) = self._take("<I")
            parts.append(self._bitmap() + (np.int64(key) << 32))
        return np.concatenate(parts) if parts else np.empty(0, np.int64)

    def _take(self, form: str) -> tuple[int, ...]:
        found = struct.unpack_from(form, self._content, self._at)
        self._at += struct.calcsize(form)
        return found

    def _array(self, kind: str, count: int) -> NDArray[np.uint64]:
        found = np.frombuffer(self._content, kind, count, self._at)
        self._at += found.nbytes
        return found

    def _bitmap(self) -> Positions:
        (cookie,) = self._take("<I")
        runs = cookie & 0xFFFF == _WITH_RUNS
        if runs:
            containers = (cookie >> 16) + 1
            flags = np.unpackbits(self._array("u1", (containers + 7) // 8).astype(np.uint8), bitorder="little")
        elif cookie == _WITHOUT_RUNS:
            (containers,) = self._take("<I")
            if containers > 1 << 16:
                raise ValueError("more containers than there can be")
            flags = np.zeros(containers, np.uint8)
        else:
            raise ValueError("no Roaring bitmap")
        heads = self._array("<u2", 2 * containers).reshape(-1, 2).astype(np.int64)
        if not runs or containers >= _FEWEST_WITH_OFFSETS:
            self._at += 4 * containers
        parts = [
            self._container(bool(flag), int(size) + 1) + (key << 16)
            for (key, size), flag in zip(heads, flags, strict=False)
        ]
        return np.concatenate(parts) if parts else np.empty(0, np.int64)

    def _container(self, run: bool, size: int) -> Positions:
        if run:
            (count,) = self._take("<H")
            pairs = self._array("<u2", 2 * count).reshape(-1, 2).astype(np.int64)
            return np.concatenate(
                [np.arange(start, start + more + 1) for start, more in pairs] or [np.empty(0, np.int64)]
            )
        if size <= _MOST_IN_ARRAY:
            return self._array("<u2", size).astype(np.int64)
        bits = np.unpackbits(self._array("u1", _BITMAP_BYTES).astype(np.uint8), bitorder="little")
        return np.flatnonzero(bits).astype(np.int64)
