"""The portal's side of the sandbox: children forked ahead of time, each given one job and then thrown away."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import json
import logging
import os
import queue
import select
import signal
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any, Self

import pyarrow as pa
from django.utils.translation import gettext as _

from foundation.errors import Unavailable
from foundation.lake.sandbox import answers, places
from foundation.lake.sandbox.places import GROUP, Place
from foundation.lake.sandbox.template import Template

log = logging.getLogger("sanad.lake")
_PIPE_BYTES = 1 << 20


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

    def __init__(self, template: Template, *, reads_sql: bool = False) -> None:
        self._template, self._place = template, Place()
        self._rows: answers.Rows | None = None
        self._timer: threading.Timer | None = None
        self._ending = threading.Lock()
        self._ended = self.timed_out = False
        with contextlib.ExitStack() as until_forked:
            self._pipe, rows = _pipe(until_forked)
            widened(rows)
            self._said, outcomes = _pipe(until_forked)
            self._channel, channel = socket.socketpair()
            until_forked.enter_context(channel)
            child = {"uid": self._place.uid, "gid": GROUP, "folder": str(self._place.folder), "reads_sql": reads_sql}
            try:
                self.pid, self._handle = template.fork(child, [channel.fileno(), outcomes, rows])
            except OSError:
                self._leave()
                raise

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
        return answers.line_of(self._said)

    def alive(self) -> bool:
        """Whether the child still waits; idle children end by themselves after some minutes."""
        return not _ends_within(self._handle, 0)

    def close(self) -> None:
        """Kill whatever is left of the child and of its folder."""
        if self._timer is not None:
            self._timer.cancel()
        self._kill()
        with self._ending:
            if self._ended:
                return
            _ends_within(self._handle, None)
            self._ended = True
            self._template.let_go(self.pid)
            os.close(self._handle)
        self._leave()

    def _leave(self) -> None:
        self._pipe.close()
        self._said.close()
        self._channel.close()
        self._place.leave()

    def _time_is_up(self) -> None:
        self.timed_out = True
        self._kill()

    def _kill(self) -> None:
        # It is let go in close() alone, so its number cannot belong to somebody else yet.
        with self._ending, contextlib.suppress(ProcessLookupError):
            if not self._ended and self.alive():
                os.killpg(self.pid, signal.SIGKILL)


def _pipe(until_forked: contextlib.ExitStack) -> tuple[IO[bytes], int]:
    """A pipe's end to read here, and the other, which is closed here once the child has it."""
    source, sink = os.pipe()
    until_forked.callback(os.close, sink)
    return os.fdopen(source, "rb"), sink


def _ends_within(handle: int, seconds: float | None) -> bool:
    """Whether the process of a pidfd has ended, or does so within the time; none: it is waited for."""
    waiting = select.poll()
    waiting.register(handle, select.POLLIN)
    return bool(waiting.poll(None if seconds is None else seconds * 1000))


class Pool:
    """Keeps a child warm. One thread starts the template of them all: the kernel kills it when that thread ends."""

    def __init__(self) -> None:
        self._warm: queue.SimpleQueue[Child | None] = queue.SimpleQueue()
        # Each: where the child goes, and whether it reads SQL.
        self._wanted: queue.SimpleQueue[tuple[queue.SimpleQueue[Child | None], bool]] = queue.SimpleQueue()
        self._waiting: list[Child] = []
        self._template: Template | None = None
        threading.Thread(target=self._start_children, name="sandbox-starter", daemon=True).start()
        self._wanted.put((self._warm, False))

    def take(self) -> Child:
        """A child that is ready; the next one is started meanwhile."""
        for _attempt in range(3):
            self._wanted.put((self._warm, False))
            child = self._warm.get()
            if child is None:
                continue
            self._waiting.remove(child)
            if child.alive():
                return child
            child.close()
        raise _could_not()

    def take_reader(self) -> Child:
        """A child that has the reader of SQL (sqlglot) loaded: wanted too seldom to be kept warm."""
        answer: queue.SimpleQueue[Child | None] = queue.SimpleQueue()
        self._wanted.put((answer, True))
        child = answer.get()
        if child is None:
            raise _could_not()
        return child

    def close(self) -> None:
        for child in self._waiting:
            child.close()
        if self._template is not None:
            self._template.close()

    def _start_children(self) -> None:
        while True:
            asker, reads_sql = self._wanted.get()
            try:
                child = self._started(reads_sql)
            except Exception:
                # Whoever asked waits for an answer.
                log.exception("No child of the sandbox could be started.")
                child = None
            if child is not None and asker is self._warm:
                self._waiting.append(child)
            asker.put(child)

    def _started(self, reads_sql: bool) -> Child | None:
        if self._template is not None and not self._template.alive():
            self._template.close()
            self._template = None
        if self._template is None:
            self._template = Template()
        child = Child(self._template, reads_sql=reads_sql)
        if child.wait_until_ready():
            return child
        child.close()
        log.error("A child of the sandbox ended before it listened.")
        return None


def _could_not() -> Unavailable:
    return Unavailable(_("The sandbox for SQL and files could not be started; the portal's log says why."))


_pool: Pool | None = None
_pool_lock = threading.Lock()


def take() -> Child:
    """A child of this process's pool."""
    return _of_this_process().take()


def take_reader() -> Child:
    """A child that has the reader of SQL loaded."""
    return _of_this_process().take_reader()


def _of_this_process() -> Pool:
    global _pool
    with _pool_lock:
        if _pool is None:
            places.sweep()
            _pool = Pool()
            atexit.register(_pool.close)
    return _pool


def _after_fork() -> None:
    """The parent's children stay the parent's."""
    global _pool, _pool_lock
    if _pool is not None:
        atexit.unregister(_pool.close)
    _pool, _pool_lock = None, threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
