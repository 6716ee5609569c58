"""Where log entries wait on disk while Valkey is away: one bounded file, read back from its beginning."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

import orjson

# A place in the file that has been replayed is written beside it, so that a restart replays little twice.
Line = tuple[str, bytes]


class Spill:
    """Lines of (stream, blob), in order. All methods touch the disk: call them from a thread."""

    def __init__(self, file: Path, most_bytes: int) -> None:
        self._file = file
        self._mark = file.with_suffix(".replayed")
        self._most_bytes = most_bytes
        self.size = file.stat().st_size if file.exists() else 0
        self._read = self._read_mark()

    @property
    def waiting(self) -> bool:
        return self.size > self._read

    def append(self, lines: list[Line]) -> int:
        """Keep as many of the lines as there is room for; returns how many were kept."""
        room = self._most_bytes - self.size
        kept: list[bytes] = []
        for stream, blob in lines:
            record = orjson.dumps([stream, blob.decode()]) + b"\n"
            if len(record) > room:
                break
            room -= len(record)
            kept.append(record)
        if kept:
            with self._open() as file:
                file.write(b"".join(kept))
                self.size = file.tell()
        return len(kept)

    def next_lines(self, most: int) -> tuple[list[Line], int]:
        """The oldest lines not yet replayed, and the place behind them to give to `done`."""
        lines: list[Line] = []
        with self._file.open("rb") as file:
            file.seek(self._read)
            while len(lines) < most:
                record = file.readline()
                if not record.endswith(b"\n"):
                    # Half a line: a crash while it was written. What follows begins on a line of its own.
                    place = self.size if not record else file.tell()
                    return lines, place
                parsed = _parse(record)
                if parsed is not None:
                    lines.append(parsed)
            return lines, file.tell()

    def done(self, place: int) -> None:
        """All before the place is in Valkey."""
        self._read = place
        if place >= self.size:
            self._file.unlink(missing_ok=True)
            self._mark.unlink(missing_ok=True)
            self.size = self._read = 0
            return
        self._mark.write_text(str(place))

    def _open(self) -> BinaryIO:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        file = os.fdopen(descriptor, "a+b")
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        return file

    def _read_mark(self) -> int:
        try:
            return min(int(self._mark.read_text()), self.size)
        except (FileNotFoundError, ValueError):
            return 0


def _parse(record: bytes) -> Line | None:
    try:
        stream, blob = orjson.loads(record)
        return str(stream), str(blob).encode()
    except (ValueError, TypeError):
        return None
