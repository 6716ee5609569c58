"""A timeline as bytes, before it is sealed.

Most hold one entry of finite numbers alone: `C1 | length of codes | codes | from | lag | values`, little-endian, eight
bytes each, where codes say the kinds of the values as Python's `struct` does ("10d", "3d2q"). Those of a view are
alike, and any number of them is unpacked in one call, column by column. Every other timeline is MessagePack, where
nothing begins with C1.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any

import msgspec

# [[from, lag, values], …], with a fourth part where numbers are not finite.
Timeline = tuple[tuple[Any, ...], ...]
_ALIKE = b"\xc1"
_CODES = {float: "d", int: "q"}
# What one byte counts.
_MOST_CODES = 255


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes | bytearray | memoryview) else str(value)


_encoder = msgspec.msgpack.Encoder(enc_hook=_plain)
_decoder = msgspec.msgpack.Decoder(tuple[tuple[Any, ...], ...])


class Broken(Exception):
    """Bytes that no timeline was packed to."""


def packed(timeline: Sequence[Sequence[Any]]) -> bytes:
    """`[[from, lag, values], …]` as bytes; what MessagePack has no kind for is a text."""
    if len(timeline) == 1 and len(timeline[0]) == 3:
        begun, lag, values = timeline[0]
        if (layout := _layout(tuple(map(type, values)))) is not None:
            head, numbers = layout
            try:
                return head + numbers.pack(begun, lag, *values)
            except struct.error:
                pass  # a whole number of more than 64 bits
    return _encoder.encode(timeline)


def unpacked(plain: bytes) -> Timeline:
    """Raises Broken."""
    try:
        if plain[:1] != _ALIKE:
            return _decoder.decode(plain)
        head = plain[: 2 + plain[1]]
        begun, lag, *values = _many(head, 1).unpack(plain)
    except (msgspec.MsgspecError, struct.error, ValueError, IndexError) as error:
        raise Broken from error
    return ((begun, lag, values),)


def columns(plains: Sequence[bytes]) -> tuple[tuple[int, ...], tuple[int, ...], list[list[Any]]] | None:
    """From which microsecond each holds, its lag, and a column of each value; None where they are not alike."""
    first = plains[0] if plains else b""
    if first[:1] != _ALIKE or set(map(len, plains)) != {len(first)}:
        return None
    head, joined, count = first[: 2 + first[1]], b"".join(plains), len(plains)
    if any(joined[place :: len(first)].count(sign) != count for place, sign in enumerate(head)):
        return None
    try:
        found = _many(head, count).unpack(joined)
    except struct.error as error:
        raise Broken from error
    each = len(found) // count
    return found[::each], found[1::each], [list(found[place::each]) for place in range(2, each)]


@lru_cache(maxsize=512)
def _layout(kinds: tuple[type, ...]) -> tuple[bytes, struct.Struct] | None:
    """How values of these kinds are packed alike; None where they are not only numbers."""
    if not kinds or not set(kinds) <= _CODES.keys():
        return None
    codes = "".join(f"{len(list(same))}{_CODES[kind]}" for kind, same in groupby(kinds))
    if len(codes) > _MOST_CODES:
        return None
    return _ALIKE + bytes([len(codes)]) + codes.encode("ascii"), struct.Struct(f"<qq{codes}")


@lru_cache(maxsize=1024)
def _many(head: bytes, count: int) -> struct.Struct:
    return struct.Struct("<" + f"{len(head)}xqq{head[2:].decode('ascii')}" * count)
