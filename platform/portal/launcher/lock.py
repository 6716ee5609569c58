"""One portal per home: a lock that the kernel frees when the last process of the launcher is gone."""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass

from portal.launcher.home import Home


@dataclass(frozen=True)
class Running:
    """Who holds the lock, as they wrote it themselves."""

    pid: int
    url: str
    port: int
    started_at: float

    @property
    def sentence(self) -> str:
        since = time.strftime("%H:%M", time.localtime(self.started_at))
        return f"Sanad runs here since {since} (pid {self.pid}): {self.url}"


class AlreadyRunning(Exception):
    def __init__(self, running: Running | None) -> None:
        super().__init__(
            f"{running.sentence}\nStop it with Ctrl-C there, or with: make stop"
            if running
            else "Sanad is just starting or stopping here. Try again in a moment."
        )
        self.running = running


class Lock:
    """Held by this process and, through the open file, by those it forks; never by those it executes."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def announce(self, url: str, port: int) -> None:
        note = json.dumps(asdict(Running(os.getpid(), url, port, time.time()))).encode()
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, note, 0)

    def release(self) -> None:
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def acquire(home: Home) -> Lock:
    descriptor = os.open(home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise AlreadyRunning(_note(home)) from None
    return Lock(descriptor)


def holder(home: Home) -> Running | None:
    """Who runs here now; None when nobody does."""
    if not home.lock.exists():
        return None
    with home.lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _note(home)
    return None


def _note(home: Home) -> Running | None:
    try:
        return Running(**json.loads(home.lock.read_text()))
    except (ValueError, TypeError):
        return None  # the holder has not written its note yet, or has just wiped it
