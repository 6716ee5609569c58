"""How it is known that a process is ready: each probe is asked again and again until it says yes."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PATIENCE_S = 1.0


@dataclass(frozen=True)
class Birth:
    """When a process was started, and where its log stood then."""

    at: float
    log: Path
    log_offset: int


Probe = Callable[[Birth], bool]


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=PATIENCE_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE_S)
        self.sock.connect(str(self._path))


@dataclass(frozen=True)
class Answers:
    """An HTTP server answers without an error of its own."""

    at: Path | tuple[str, int]  # a Unix socket, or host and port
    page: str

    def __call__(self, birth: Birth) -> bool:
        connection = (
            _UnixConnection(self.at)
            if isinstance(self.at, Path)
            else http.client.HTTPConnection(*self.at, timeout=PATIENCE_S)
        )
        try:
            connection.request("GET", self.page)
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@dataclass(frozen=True)
class Listens:
    """Somebody accepts connections on a Unix socket."""

    at: Path

    def __call__(self, birth: Birth) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(PATIENCE_S)
            return connection.connect_ex(str(self.at)) == 0


@dataclass(frozen=True)
class LogSays:
    """The process has written a word to its log since it was started."""

    word: str

    def __call__(self, birth: Birth) -> bool:
        with birth.log.open("rb") as log:
            log.seek(birth.log_offset)
            return self.word.encode() in log.read()


@dataclass(frozen=True)
class StaysAlive:
    """For a process that tells nobody: alive after a while."""

    seconds: float = 1.0

    def __call__(self, birth: Birth) -> bool:
        return time.monotonic() - birth.at >= self.seconds
