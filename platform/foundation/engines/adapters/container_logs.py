"""A container's log from a byte on. The Engine API knows moments only, so marks tell which byte was said at which."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from docker.models.containers import Container
from docker.types import LogConfig

from foundation.engines.ports import LOG_PIECE

# What one workload may take of the host's disk. The runtime itself stops far below it (runtime.stamping.LIMIT_BYTES),
# so the engine never cuts the beginning off a log, unless own code writes past the runtime.
BOUNDED = LogConfig(type=LogConfig.types.JSON, config={"max-size": "128m", "max-file": "2"})
_APART = 64 * 1024
_MOST_LOGS = 256
# Engines leave out what was said at the moment itself, or told it in whole seconds.
_EARLIER_S = 0.001
_NANOSECONDS = re.compile(r"(\.\d{6})\d+")


@dataclass(frozen=True)
class _Mark:
    """The log's byte `start` was the first that was said at `moment`."""

    moment: datetime
    start: int


class ContainerLogs:
    """Marks are kept by this process alone: another begins at the start once, and then goes on from its own."""

    def __init__(self) -> None:
        self._marks: dict[str, list[_Mark]] = {}

    def read(self, container: Container, offset: int) -> bytes:
        """At most LOG_PIECE bytes from `offset` on; what is skipped is never held in memory."""
        marks = self._marks_of(str(container.id))
        mark = next((mark for mark in reversed(marks) if mark.start <= offset), None)
        position, piece = mark.start if mark else 0, bytearray()
        for moment, text in _said_since(container, mark.moment if mark else None):
            _remember(marks, _Mark(moment, position))
            piece += text[max(0, offset - position) :]
            position += len(text)
            if len(piece) >= LOG_PIECE:
                break
        return bytes(piece[:LOG_PIECE])

    def forget(self, container: Container) -> None:
        self._marks.pop(str(container.id), None)

    def _marks_of(self, container_id: str) -> list[_Mark]:
        marks = self._marks.setdefault(container_id, [])
        if len(self._marks) > _MOST_LOGS:
            self._marks.pop(next(iter(self._marks)), None)
        return marks


def _said_since(container: Container, since: datetime | None) -> Iterator[tuple[datetime, bytes]]:
    """What the container said from a moment on, in the pieces and with the moments of its engine."""
    asked: dict[str, Any] = {"since": since.timestamp() - _EARLIER_S} if since else {}
    with closing(container.logs(stream=True, follow=False, timestamps=True, **asked)) as frames:
        for frame in frames:
            stamp, _space, text = frame.partition(b" ")
            moment = datetime.fromisoformat(_NANOSECONDS.sub(r"\1", stamp.decode()))
            if since is None or moment >= since:
                yield moment, text


def _remember(marks: list[_Mark], mark: _Mark) -> None:
    """Keep the newest mark, and of the others so many that a reader further back has little to skip."""
    if marks and (mark.start <= marks[-1].start or mark.moment <= marks[-1].moment):
        return
    if len(marks) > 1 and marks[-1].start - marks[-2].start < _APART:
        marks.pop()
    marks.append(mark)
