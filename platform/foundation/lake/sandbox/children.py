"""The portal's side of the sandbox: children started ahead of time, each given one job and then thrown away."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import json
import logging
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
from django.utils.translation import gettext as _

from foundation.errors import Unavailable
from foundation.lake.adapters.extensions import extension
from foundation.lake.sandbox import answers, places
from foundation.lake.sandbox.places import GROUP, Place

log = logging.getLogger("sanad.lake")
_PIPE_BYTES = 1 << 20
_PLATFORM = Path(__file__).resolve().parents[3]
_START = (
    "import gc, sys; gc.set_threshold(50_000, 20, 20); sys.path.insert(0, sys.argv[2]); "
    "from foundation.lake.adapters.child_main import main; main(sys.argv)"
)


@dataclass(frozen=True)
class Limits:
    """What one job may use at most."""

    seconds: float = 60
    memory_mb: int = 1024
    disk_mb: int = 2048
    result_mb: int = 4096
    threads: int = 2


def widened(pipe: int) -> None:
    """Room for more than the usual 64 kB: both ends then wait for each other less often."""
    with contextlib.suppress(OSError):  # more than the system lets one user have: it goes on with less
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


class Child:
    """A process of its own, waiting for one job."""

    def __init__(self, *, reads_sql: bool = False) -> None:
        self._place = Place()
        source, rows = os.pipe()
        widened(source)
        self._pipe = os.fdopen(source, "rb")
        self._rows: answers.Rows | None = None
        self._channel, channel = socket.socketpair()
        self._timer: threading.Timer | None = None
        self.timed_out = False
        start = {
            "uid": self._place.uid,
            "gid": GROUP,
            "parent": os.getpid(),
            "rows": rows,
            "httpfs": extension("httpfs"),
            "reads_sql": reads_sql,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _START, json.dumps(start), str(_PLATFORM)],
            stdin=channel.fileno(),
            stdout=subprocess.PIPE,
            env={"PATH": "/usr/bin:/bin", "HOME": "/", "LC_ALL": "C.UTF-8"},
            cwd=str(self._place.folder),
            pass_fds=[rows],
            start_new_session=True,
        )
        os.close(rows)
        channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def wait_until_ready(self) -> bool:
        """Whether the child stands within its walls and listens."""
        return "ready" in self.outcome()

    def give(self, job: dict[str, Any], files: Sequence[int], limits: Limits) -> None:
        """Hand over the job and the open files; from here on the clock runs."""
        self._timer = threading.Timer(limits.seconds, self._time_is_up)
        self._timer.daemon = True
        self._timer.start()
        most, piece = limits.result_mb << 20, 2 * limits.memory_mb << 20
        self._rows = answers.Rows(self._pipe, most=most, piece=piece, give_up=self._kill)
        job |= {
            "memory_mb": limits.memory_mb,
            "disk_mb": limits.disk_mb,
            "limit_bytes": most,
            "threads": limits.threads,
            "cpu_s": int(limits.seconds * limits.threads) + 5,
        }
        for start in range(0, len(files), 200):
            socket.send_fds(self._channel, [b"F"], files[start : start + 200])
        self._channel.sendall(b"J" + json.dumps(job).encode() + b"\n")

    @property
    def answers(self) -> int:
        """The descriptor of the pipe that its rows come through."""
        return self._pipe.fileno()

    def rows(self) -> pa.RecordBatchReader | None:
        """The stream of rows; none where the child ended without any."""
        try:
            return pa.ipc.open_stream(self._rows)
        except (pa.ArrowInvalid, OSError):
            return None

    def outcome(self) -> dict[str, Any]:
        """The child's next line; empty where it died without a word, or what happened where it sent too much."""
        if self._rows is not None and self._rows.overflowed:
            return {"error": "Result Too Large"}
        return answers.line_of(self._process.stdout)

    def alive(self) -> bool:
        """Whether the child still waits; idle children end by themselves after some minutes."""
        return self._process.poll() is None

    def close(self) -> None:
        """Kill whatever is left of the child and of its folder."""
        if self._timer is not None:
            self._timer.cancel()
        self._kill()
        self._process.wait()
        self._pipe.close()
        self._channel.close()
        if self._process.stdout:
            self._process.stdout.close()
        self._place.leave()

    def _time_is_up(self) -> None:
        self.timed_out = True
        self._kill()

    def _kill(self) -> None:
        # The process is waited for in close() alone, so its number cannot belong to somebody else yet.
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


class Pool:
    """Keeps a child warm. One thread starts them all: the kernel kills a child when the thread that started it ends."""

    def __init__(self) -> None:
        self._warm: queue.SimpleQueue[Child | None] = queue.SimpleQueue()
        self._wanted: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._waiting: list[Child] = []
        threading.Thread(target=self._start_children, name="sandbox-starter", daemon=True).start()
        self._wanted.put(None)

    def take(self) -> Child:
        """A child that is ready; the next one is started meanwhile."""
        for _attempt in range(3):
            self._wanted.put(None)
            child = self._warm.get()
            if child is None:
                continue
            self._waiting.remove(child)
            if child.alive():
                return child
            child.close()
        raise _unavailable()

    def close(self) -> None:
        for child in self._waiting:
            child.close()

    def _start_children(self) -> None:
        while True:
            self._wanted.get()
            if child := _started():
                self._waiting.append(child)
            self._warm.put(child)


def _started(*, reads_sql: bool = False) -> Child | None:
    """A child that listens; where there is none the log says why."""
    try:
        child = Child(reads_sql=reads_sql)
    except OSError:
        log.exception("No child of the sandbox could be started.")
        return None
    if child.wait_until_ready():
        return child
    child.close()
    log.error("A child of the sandbox ended before it listened.")
    return None


def _unavailable() -> Unavailable:
    return Unavailable(_("The sandbox for SQL and files could not be started; the portal's log says why."))


_pool: Pool | None = None
_pool_lock = threading.Lock()


def take() -> Child:
    """A child of this process's pool."""
    global _pool
    with _pool_lock:
        if _pool is None:
            places.sweep()
            _pool = Pool()
            atexit.register(_pool.close)
    return _pool.take()


def _after_fork() -> None:
    """The parent's children stay the parent's."""
    global _pool, _pool_lock
    if _pool is not None:
        atexit.unregister(_pool.close)
    _pool, _pool_lock = None, threading.Lock()


os.register_at_fork(after_in_child=_after_fork)


def take_reader() -> Child:
    """A fresh child that has the reader of SQL (sqlglot) loaded: wanted too seldom to be kept warm in every process."""
    with _pool_lock:
        if _pool is None:
            places.sweep()
    if child := _started(reads_sql=True):
        return child
    raise _unavailable()
