"""The log: what the workload says on both streams, line by line, each with the moment it was read."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

LIMIT_BYTES = 256 * 1024 * 1024
LONGEST_LINE = 64 * 1024


class Logbook:
    """Reads a pipe without blocking and appends to the log file; both ends belong to the keeper."""

    def __init__(self, path: Path, pipe: int) -> None:
        self._pipe = pipe
        self._file = path.open("ab", buffering=0)
        self._rest = b""
        self._written = 0
        os.set_blocking(pipe, False)

    def drain(self) -> bool:
        """Take over what has come; False when every writer has gone."""
        while True:
            try:
                chunk = os.read(self._pipe, 65536)
            except BlockingIOError:
                return True
            if not chunk:
                self._write_line(self._rest) if self._rest else None
                self._rest = b""
                return False
            self._take(chunk)

    def _take(self, chunk: bytes) -> None:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._write_line(line)
        while len(self._rest) > LONGEST_LINE:
            self._write_line(self._rest[:LONGEST_LINE])
            self._rest = self._rest[LONGEST_LINE:]

    def _write_line(self, line: bytes) -> None:
        if self._written >= LIMIT_BYTES:
            return
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._written += self._file.write(stamp.encode() + b" " + line + b"\n")
        if self._written >= LIMIT_BYTES:
            self._file.write(b"The log has reached its limit; what follows is not kept.\n")
