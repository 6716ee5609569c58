"""What a child answers, read within bounds: one that was taken over keeps to none of the limits it was told."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import IO, Any

import pyarrow as pa

LONGEST_LINE = 8 << 20
# Arrow writes heads and padding round the bytes that the child counts.
_FRAMES = 64 << 20


class Rows(io.RawIOBase):
    """The pipe of rows: so many bytes in all and in one piece, past which `give_up` is called and reading fails."""

    def __init__(self, pipe: IO[bytes], *, most: int, piece: int, give_up: Callable[[], None]) -> None:
        self._pipe, self._give_up = pipe, give_up
        self._left, self._piece = 2 * most + _FRAMES, piece
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
        return found


def sound(stream: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """The batches, each looked at in full: what only looks like a table would be read past its end later."""
    for batch in stream:
        batch.validate(full=True)
        yield batch


def line_of(pipe: IO[bytes] | None) -> dict[str, Any]:
    """The next line of JSON; empty where the child died without a word, or said what is none."""
    line = pipe.readline(LONGEST_LINE) if pipe else b""
    try:
        found = json.loads(line) if line.endswith(b"\n") else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
