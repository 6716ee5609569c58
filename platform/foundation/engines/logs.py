"""A workload's log as a stream."""

from __future__ import annotations

import io
from typing import BinaryIO, cast

from foundation.engines.errors import WorkloadMissing
from foundation.engines.ports import LOG_PIECE, ComputeEngine


def open_log(engine: ComputeEngine, name: str) -> BinaryIO:
    """All that the workload has said, read piece by piece; nothing where its engine has forgotten it."""
    return cast(BinaryIO, io.BufferedReader(_Log(engine, name), LOG_PIECE))


class _Log(io.RawIOBase):
    def __init__(self, engine: ComputeEngine, name: str) -> None:
        super().__init__()
        self._engine, self._name = engine, name
        self._rest, self._offset = b"", 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._rest:
            try:
                self._rest, self._offset = self._engine.logs(self._name, self._offset)
            except WorkloadMissing:
                return 0
        piece, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)
