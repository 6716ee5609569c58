"""Log lines with the moment at which they were read: the same form on every engine."""

from __future__ import annotations

from datetime import UTC, datetime

LONGEST_LINE = 64 * 1024
# What is kept of one workload's log: each page that shows it and the portal's store read it whole.
LIMIT_BYTES = 32 * 1024 * 1024


def _stamped(line: bytes) -> bytes:
    stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return stamp.encode() + b" " + line + b"\n"


class Stamper:
    """Takes what a workload writes in pieces of any size, gives whole lines; an endless line or log is cut."""

    def __init__(self, limit: int = LIMIT_BYTES) -> None:
        self._rest = b""
        self._left = limit

    def take(self, chunk: bytes) -> bytes:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        found = [_stamped(line) for line in lines]
        while len(self._rest) > LONGEST_LINE:
            found.append(_stamped(self._rest[:LONGEST_LINE]))
            self._rest = self._rest[LONGEST_LINE:]
        return self._within_limit(b"".join(found))

    def end(self) -> bytes:
        """Return the last line if it was not ended."""
        last, self._rest = self._rest, b""
        return self._within_limit(_stamped(last) if last else b"")

    def _within_limit(self, lines: bytes) -> bytes:
        if self._left <= 0:
            return b""
        self._left -= len(lines)
        return lines if self._left > 0 else lines + _stamped(b"The log has reached its limit; what follows is lost.")
