"""A file's bytes on their way into a child, for as long as it has no rows to read."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from typing import Self

from foundation.lake.sandbox.children import Child, widened


class Feeder:
    """Writes the pieces into a pipe, in the caller's thread and only where neither has to wait for the other."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.source, self._sink = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._sink, False)
        widened(self._sink)
        self._pieces, self._left, self._open = pieces, memoryview(b""), True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._end()
        self._let_go()

    def begin(self, child: Child) -> None:
        """The child has the pipe's other end."""
        self._let_go()
        self._either = select.poll()
        self._either.register(child.answers, select.POLLIN)
        self._either.register(self._sink, select.POLLOUT)
        self._answers = child.answers

    def feed(self) -> None:
        """Until the child has rows to read, or will have no more, or all bytes are on their way."""
        while self._open:
            if any(ready == self._answers for ready, _event in self._either.poll()):
                return
            self._write()

    def _write(self) -> None:
        if not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                self._end()
                return
            self._left = memoryview(piece)
        try:
            self._left = self._left[os.write(self._sink, self._left) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            # The child has ended; what it says at last tells why.
            self._end()

    def _end(self) -> None:
        if self._open:
            self._open = False
            os.close(self._sink)

    def _let_go(self) -> None:
        if self.source >= 0:
            os.close(self.source)
            self.source = -1
