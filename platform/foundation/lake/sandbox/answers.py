"""What a child answers, read within bounds: one that was taken over keeps to none of the limits it was told."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Iterator
from typing import IO, Any

import pyarrow as pa

LONGEST_LINE = 8 << 20
# Arrow writes heads and padding round the bytes that the child counts.
_FRAMES = 64 << 20
_MOST_ROWS, _MOST_VALUES = 1 << 24, 1 << 28  # in a batch: children send some ten thousand rows
_PREFIX, _GOES_ON, _LONGEST_MESSAGE = 8, b"\xff\xff\xff\xff", 64 << 20
_DICTIONARY, _BATCH = 2, 3  # of the union MessageHeader


class Rows(io.RawIOBase):
    """The pipe of rows: so many bytes in all and in one piece, past which `give_up` is called and reading fails."""

    def __init__(self, pipe: IO[bytes], *, most: int, piece: int, give_up: Callable[[], None]) -> None:
        self._pipe, self._give_up = pipe, give_up
        self._left, self._piece, self._frames = 2 * most + _FRAMES, piece, _Frames()
        self.overflowed = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if not 0 <= size <= min(self._left, self._piece):
            self.overflowed = True
            self._give_up()
            raise OSError("The child sends more than it may.")
        found = self._pipe.read(size)
        self._left -= len(found)
        try:
            self._frames.take(found)
        except _Packed:
            self.overflowed = True
            self._give_up()
            raise OSError("The child packs what it sends.") from None
        return found


class _Packed(Exception):
    pass


class _Frames:
    """Follows the frames of an Arrow stream as they pass, and raises _Packed where what is in one is compressed.

    Arrow unpacks it as it reads: some thousand times as many bytes as came. The child never packs, so that whoever does
    is not the child. Format: "Encapsulated message format" and Message.fbs of the Arrow specification, FlatBuffers.
    """

    def __init__(self) -> None:
        self._head, self._wanted, self._body = bytearray(), _PREFIX, 0
        self._said: int | None = None  # how long the message is, once that is known

    def take(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            if self._body:
                passed = min(self._body, len(left))
                self._body -= passed
                left = left[passed:]
                continue
            some = left[: self._wanted - len(self._head)]
            self._head += some
            left = left[len(some) :]
            if len(self._head) == self._wanted:
                self._step(bytes(self._head))
                self._head.clear()

    def _step(self, head: bytes) -> None:
        if self._said is None:
            self._said = int.from_bytes(head[4:], "little")
            if head[:4] != _GOES_ON or self._said > _LONGEST_MESSAGE:
                raise _Packed  # the form of before 2019, or none at all
            self._wanted = self._said or _PREFIX
            self._said = self._said or None
            return
        try:
            self._body, packed = _message(head)
        except (struct.error, IndexError):
            packed = True
        if packed or self._body < 0:
            raise _Packed
        self._said, self._wanted = None, _PREFIX


def _message(head: bytes) -> tuple[int, bool]:
    """How many bytes follow the message, and whether they are packed."""
    table = _at("<I", head, 0)
    body, kind, header = _field(head, table, 3), _field(head, table, 1), _field(head, table, 2)
    length = _at("<q", head, body) if body else 0
    named = head[kind] if kind else 0
    if not header or named not in (_DICTIONARY, _BATCH):
        return length, False
    batch = header + _at("<I", head, header)
    if named == _DICTIONARY:
        data = _field(head, batch, 1)
        if not data:
            return length, False
        batch = data + _at("<I", head, data)
    return length, bool(_field(head, batch, 3))


def _field(head: bytes, table: int, number: int) -> int:
    """Where the field stands; 0 where the table has none."""
    names = table - _at("<i", head, table)
    place = 4 + 2 * number
    if place + 2 > _at("<H", head, names):
        return 0
    offset = _at("<H", head, names + place)
    return table + offset if offset else 0


def _at(form: str, head: bytes, place: int) -> int:
    if place < 0:
        raise IndexError
    found: int = struct.unpack_from(form, head, place)[0]
    return found


def _most_values(column: pa.Array) -> int:
    """Of the arrays that the column is made of, how many values the longest stands for."""
    kind = column.type
    if pa.types.is_run_end_encoded(kind):
        return _MOST_VALUES + 1  # no child sends such
    if pa.types.is_dictionary(kind):
        return _most_values(column.dictionary)
    if pa.types.is_map(kind):
        return max(_most_values(column.keys), _most_values(column.items))
    if pa.types.is_struct(kind) or pa.types.is_union(kind):
        return max((_most_values(column.field(place)) for place in range(kind.num_fields)), default=len(column))
    return _most_values(column.values) if kind.num_fields else len(column)


def sound(stream: pa.RecordBatchReader, most: int | None = None) -> Iterator[pa.RecordBatch]:
    """The batches, each looked at in full: what only looks like a table would be read past its end later.

    No more than `most` rows, where so many were asked for. A column of nothing takes no bytes, however long it is.
    """
    left = most
    for batch in stream:
        batch.validate(full=True)
        if batch.num_rows > _MOST_ROWS or any(_most_values(column) > _MOST_VALUES for column in batch.columns):
            raise pa.ArrowInvalid("more rows than a child sends at once")
        if left is None:
            yield batch
            continue
        yield batch.slice(0, left)
        left -= min(left, batch.num_rows)


def line_of(pipe: IO[bytes] | None) -> dict[str, Any]:
    """The next line of JSON; empty where the child died without a word, or said what is none."""
    line = pipe.readline(LONGEST_LINE) if pipe else b""
    try:
        found = json.loads(line) if line.endswith(b"\n") else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
