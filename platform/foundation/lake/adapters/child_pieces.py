"""In the child: a text that is read once, piece by piece, from a file or from a pipe into which it is still written."""

from __future__ import annotations

import io
import os
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Protocol

PIECE = 4 << 20
# Pieces read from a pipe and not yet asked for: who writes has pauses of his own.
_AHEAD = 8


class Check(Protocol):
    """What looks at a text while it goes by and raises where it is not as it should be."""

    def take(self, piece: bytes) -> None: ...

    def end(self) -> None: ...


class Checked(io.RawIOBase):
    """The pieces as a file, of which nothing is given out that was not looked at before.

    No part that is given out ends between a return and its feed: at the head of a part Arrow takes a feed for the rest
    of a line's end, also where both stand in a quoted value (pyarrow 25).

    Whoever has read it has to ask `prove`: Arrow reads ahead in a thread, and what is raised there is lost at times
    (pyarrow 25: what came before is then taken for all).
    """

    def __init__(self, pieces: Iterator[bytes], check: Check) -> None:
        super().__init__()
        self._pieces, self._check, self._left = pieces, check, memoryview(b"")
        self._failure: Exception | None = None
        self._over, self._reading = False, threading.Lock()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if not self._left:
            piece = self._next()
            while piece.endswith(b"\r") and (more := self._next()):
                piece += more
            if len(piece) <= size:
                return piece
            self._left = memoryview(piece)
        until = size - 1 if size > 1 and bytes(self._left[size - 1 : size]) == b"\r" else size
        given, self._left = self._left[:until], self._left[until:]
        return bytes(given)

    def prove(self) -> None:
        """Raises what was raised while it was read, EOFError where something of it was not."""
        if self._failure is None and not self._over and self._next():
            raise EOFError
        if self._failure is not None:
            raise self._failure

    def _next(self) -> bytes:
        with self._reading:
            if self._over:
                return b""
            try:
                if piece := next(self._pieces, b""):
                    self._check.take(piece)
                else:
                    self._check.end()
                    self._over = True
            except Exception as error:
                self._failure = error
                raise
            return piece


def of_file(path: str) -> Iterator[bytes]:
    """The file from its beginning."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a path of /proc, resolved by the kernel
        while piece := file.read(PIECE):
            yield piece


def of_pipe(source: int) -> Iterator[bytes]:
    """What comes out of the pipe until its other end is closed, read ahead in a thread."""
    ahead: queue.Queue[bytes | OSError] = queue.Queue(_AHEAD)
    threading.Thread(target=_read, args=(source, ahead.put), daemon=True).start()
    while piece := ahead.get():
        if isinstance(piece, OSError):
            raise piece
        yield piece


def _read(source: int, put: Callable[[bytes | OSError], None]) -> None:
    try:
        while piece := _filled(source):
            put(piece)
        put(b"")
    except OSError as error:
        put(error)


def _filled(source: int) -> bytes:
    """As much as a piece holds, less at the end alone: a pipe gives little at a time."""
    room = bytearray(PIECE)
    filled = 0
    while filled < PIECE and (came := os.readv(source, [memoryview(room)[filled:]])):
        filled += came
    return bytes(room) if filled == PIECE else bytes(memoryview(room)[:filled])
