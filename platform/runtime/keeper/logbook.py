"""The log: what the workload says on both streams, line by line, each with the moment it was read."""

from __future__ import annotations

import os
from pathlib import Path

from runtime.stamping import Stamper


class Logbook:
    """Reads a pipe without blocking and appends to the log file; both ends belong to the keeper."""

    def __init__(self, path: Path, pipe: int) -> None:
        self.pipe = pipe
        self._file = path.open("ab", buffering=0)
        self._stamper = Stamper()
        os.set_blocking(pipe, False)

    def drain(self) -> bool:
        """Take over what has come; False when every writer has gone."""
        while True:
            try:
                chunk = os.read(self.pipe, 65536)
            except BlockingIOError:
                return True
            if not chunk:
                self._file.write(self._stamper.end())
                return False
            self._file.write(self._stamper.take(chunk))
