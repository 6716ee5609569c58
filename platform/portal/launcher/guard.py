"""A second process above the supervisor: if either is killed, the other takes everything down with it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from types import FrameType

import psutil

from portal.launcher import linux

GRACE_S = 10.0


def guarded(work: Callable[[], int]) -> int:
    """Run `work` in a child, pass signals on to it, and leave no process behind, whatever becomes of it.

    Call it before any thread exists. The supervisor adopts the orphans of its children; should it be killed, its
    children become ours, and we end them. Should we be killed, it is told by its death signal and stops in order.
    """
    linux.adopt_orphans()
    parent = os.getpid()
    worker = os.fork()
    if worker == 0:
        os._exit(_in_child(work, parent))

    def pass_on(number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
            os.kill(worker, number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    code = _await(worker)
    _end_descendants()
    return code


def _in_child(work: Callable[[], int], parent: int) -> int:
    # Its own group: Ctrl-C reaches the guard alone, which passes it on once.
    os.setpgid(0, 0)
    linux.die_with_parent(signal.SIGTERM, parent)
    linux.adopt_orphans()
    try:
        return work()
    except BaseException:  # noqa: BLE001  (nothing may climb past the fork)
        traceback.print_exc()
        return 70
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _await(worker: int) -> int:
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == worker:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _end_descendants() -> None:
    """The supervisor is gone; normally nothing is left. Ask, wait, kill."""
    deadline = time.monotonic() + GRACE_S
    asked: set[int] = set()
    while left := psutil.Process().children(recursive=True):
        for process in left:
            try:
                if process.pid not in asked:
                    process.terminate()
                elif time.monotonic() > deadline:
                    process.kill()
            except psutil.NoSuchProcess:
                continue
            asked.add(process.pid)
        psutil.wait_procs(left, timeout=0.2)
