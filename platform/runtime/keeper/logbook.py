"""The log: what the workload says on both streams, line by line, each with the moment it was read."""

from __future__ import annotations

import os
from pathlib import Path

from runtime.stamping import Stamper

LIMIT_BYTES = 256 * 1024 * 1024


class Logbook:
    """Reads a pipe without blocking and appends to the log file; both ends belong to the keeper."""

    def __init__(self, path: Path, pipe: int) -> None:
        self.pipe = pipe
        self._file = path.open("ab", buffering=0)
        self._stamper = Stamper()
        self._written = 0
        os.set_blocking(pipe, False)

    def drain(self) -> bool:
        """Take over what has come; False when every writer has gone."""
        while True:
            try:
                chunk = os.read(self.pipe, 65536)
            except BlockingIOError:
                return True
            if not chunk:
                self._write(self._stamper.end())
                return False
            self._write(self._stamper.take(chunk))

    def _write(self, lines: bytes) -> None:
        if self._written >= LIMIT_BYTES or not lines:
            return
        self._written += self._file.write(lines)
        if self._written >= LIMIT_BYTES:
            self._file.write(b"The log has reached its limit; what follows is not kept.\n")
