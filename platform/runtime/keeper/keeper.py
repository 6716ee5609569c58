"""One workload's life as its keeper leads it: start, watch, stop when asked or when memory runs out, write the end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from runtime.keeper import linux, watch
from runtime.keeper.jail import COULD_NOT_START, spawn
from runtime.keeper.logbook import Logbook
from runtime.keeper.order import Order
from runtime.keeper.state import LOG, STATE, STOP, USAGE, WORK, hold_lock, read_json, write_json
from runtime.keeper.view import interpreter_folders

LOOK_SECONDS = 0.2
TELL_SECONDS = 2.0
BACKLOG = 1024
GRACE_SECONDS = 5.0


def _now() -> str:
    return datetime.now(UTC).isoformat()


def listen(path: Path) -> socket.socket:
    """Bind the service's socket where only the portal may enter; the workload gets the open descriptor alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen(BACKLOG)
    return listener


class Keeper:
    """Runs in a process of its own, in one thread."""

    def __init__(self, order: Order, answer_on: int) -> None:
        self._order = order
        self._answer_on = answer_on
        self._folder = Path(order.folder)
        self._state: dict[str, object] = {}
        self._reason: str | None = None
        self._kill_at: float | None = None
        self._looked_at = 0.0
        self._told_at = 0.0
        self._peak = 0.0
        self._stop_asked = False

    def run(self) -> None:
        try:
            self._lock = hold_lock(self._folder)
            linux.adopt_orphans()
            self._tell(state="starting", started_at=_now(), keeper_pid=os.getpid(), uid=self._order.uid)
            self._tell(keeper_started=watch.start_time(os.getpid()))
            signal.signal(signal.SIGTERM, self._on_stop)
            child, book = self._start()
        except (OSError, ValueError) as error:
            self._answer(f"The workload could not be started: {error}")
            raise
        self._tell(state="running")
        self._answer("ok")
        code = self._watch(child, book)
        self._finish(code, book)

    def _answer(self, text: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(self._answer_on, text.encode())
        os.close(self._answer_on)

    def _tell(self, **changes: object) -> None:
        self._state |= changes
        write_json(self._folder / STATE, self._state)

    def _start(self) -> tuple[int, Logbook]:
        if self._order.isolation != "none":
            # Looked at here already: what the child would find has no answer but its log.
            interpreter_folders(self._folder)
        reading, writing = os.pipe()
        listener = listen(Path(self._order.socket)) if self._order.socket else None
        self._make_work_folder()
        child = spawn(self._order, writing, listener.fileno() if listener else None)
        os.close(writing)
        # The listener stays open here too: connections wait in its backlog until the workload has loaded its model.
        self._listener = listener
        return child, Logbook(self._folder / LOG, reading)

    def _make_work_folder(self) -> None:
        for path in (self._folder / WORK, self._folder / WORK / "tmp"):
            path.mkdir(mode=0o700, exist_ok=True)
            if self._order.isolation == "root":
                os.chown(path, self._order.uid, self._order.uid)

    def _on_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stop_asked = True

    def _watch(self, child: int, book: Logbook) -> int:
        """Look until the outermost child has ended; return the workload's exit code."""
        poller = select.poll()
        poller.register(book.pipe, select.POLLIN)
        open_log = True
        while True:
            if open_log:
                poller.poll(LOOK_SECONDS * 1000)
                open_log = book.drain()
            else:
                time.sleep(LOOK_SECONDS)
            status = watch.reap().get(child)
            if status is not None:
                code = os.waitstatus_to_exitcode(status)
                return 128 - code if code < 0 else code
            if self._stop_asked:
                self._stop_asked = False
                self._begin_stop(child)
            if self._kill_at is not None and time.monotonic() >= self._kill_at:
                watch.end_all(os.getpid())
            self._look(child)

    def _begin_stop(self, child: int) -> None:
        asked = read_json(self._folder / STOP) or {}
        self._reason = self._reason or "killed"
        if self._kill_at is None:
            self._kill_at = time.monotonic() + float(asked.get("grace_s", GRACE_SECONDS))
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)

    def _look(self, child: int) -> None:
        now = time.monotonic()
        if now - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = now
        used = watch.sample([pid for pid in watch.descendants_now(os.getpid()) if pid != child])
        self._peak = max(self._peak, used.memory_mb)
        if used.memory_mb > self._order.memory_mb:
            self._reason = "out_of_memory"
            watch.end_all(os.getpid())
        if now - self._told_at >= TELL_SECONDS:
            self._told_at = now
            figures = {"cpu_seconds": used.cpu_seconds, "memory_mb": used.memory_mb, "peak_memory_mb": self._peak}
            write_json(self._folder / USAGE, figures)

    def _finish(self, code: int, book: Logbook) -> None:
        watch.end_all(os.getpid())
        watch.reap_all()
        book.drain()
        if self._order.socket:
            Path(self._order.socket).unlink(missing_ok=True)
        reason = self._reason or ("not_started" if code == COULD_NOT_START else None)
        state = "succeeded" if code == 0 and reason is None else "failed"
        self._tell(state=state, exit_code=code, reason=reason, finished_at=_now(), peak_memory_mb=round(self._peak, 1))
