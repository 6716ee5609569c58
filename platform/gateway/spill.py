"""Where log entries wait on disk while Valkey is away: one bounded file, read back from its beginning."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import orjson


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries of one stream that are written together; `token` tells whether they were written already."""

    stream: str
    token: str
    blobs: list[bytes]

    def as_line(self) -> bytes:
        return orjson.dumps([self.stream, self.token, [blob.decode() for blob in self.blobs]]) + b"\n"


class Spill:
    """One batch a line, in order; how far it was replayed stands in a file beside it.

    All methods touch the disk: call them from a thread.
    """

    def __init__(self, file: Path, most_bytes: int) -> None:
        self._file = file
        self._mark = file.with_suffix(".replayed")
        self._most_bytes = most_bytes
        self.size = file.stat().st_size if file.exists() else 0
        self._read = self._read_mark()

    @property
    def waiting(self) -> bool:
        return self.size > self._read

    def append(self, batch: Batch) -> bool:
        """Keep the batch where there is room for it."""
        line = batch.as_line()
        if self.size + len(line) > self._most_bytes:
            return False
        with self._open() as file:
            file.write(line)
            self.size = file.tell()
        return True

    def oldest(self) -> tuple[Batch | None, int]:
        """The oldest batch not yet replayed, and the place behind it to give to `done`; None: a line half written."""
        with self._file.open("rb") as file:
            file.seek(self._read)
            line = file.readline()
            return _parse(line), file.tell()

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


def _parse(line: bytes) -> Batch | None:
    try:
        stream, token, blobs = orjson.loads(line)
        return Batch(str(stream), str(token), [str(blob).encode() for blob in blobs])
    except (ValueError, TypeError):
        return None
