"""Looking at a workload's processes from outside: who belongs to it, what it uses, and ending it."""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICK = os.sysconf("SC_CLK_TCK")
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Sample:
    cpu_seconds: float
    memory_mb: float


def _stat(pid: int) -> list[str] | None:
    """Return the fields after the command's name: state, parent, …"""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def start_time(pid: int) -> str | None:
    """Return the tick at which the process began: with its pid it names one process for ever."""
    fields = _stat(pid)
    return fields[19] if fields else None


def descendants(root: int) -> list[int]:
    """Return all processes below `root`, without itself; namespaces do not hide them from here."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found: list[int] = []
    waiting = [root]
    while waiting:
        for child in children.get(waiting.pop(), []):
            found.append(child)
            waiting.append(child)
    return found


def descendants_now(root: int) -> list[int]:
    """As `descendants`, out of the kernel's own lists: cheap enough to ask five times a second.

    While processes come and go one may be missing for a moment, so nothing is ended by this list.
    """
    found: list[int] = []
    waiting = [root]
    try:
        while waiting:
            for task in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
                children = [int(pid) for pid in task.read_text().split()]
                found += children
                waiting += children
    except (FileNotFoundError, ProcessLookupError):
        return descendants(root)
    return found or descendants(root)


def _memory_mb(pid: int) -> float:
    """Return resident private and file memory; pages that several processes share count for each."""
    try:
        resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return resident * _PAGE / _MEGABYTE


def sample(pids: list[int]) -> Sample:
    ticks = 0
    for pid in pids:
        if fields := _stat(pid):
            ticks += sum(int(value) for value in fields[11:15])
    return Sample(ticks / _TICK, sum(_memory_mb(pid) for pid in pids))


def end_all(root: int) -> None:
    """Kill every process below `root`, again and again until none is left: one may fork while we look."""
    while pids := [pid for pid in descendants(root) if not _is_zombie(pid)]:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        # A killed process needs a moment of the scheduler before it is gone.
        os.sched_yield()


def reap_all() -> None:
    """Collect every child that is left, waiting for it; to be called once all of them were killed."""
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


def _is_zombie(pid: int) -> bool:
    fields = _stat(pid)
    return fields is None or fields[0] in "ZX"


def reap() -> dict[int, int]:
    """Collect children that ended, ours and adopted; returns {pid: wait status}."""
    ended: dict[int, int] = {}
    with contextlib.suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            ended[found[0]] = found[1]
    return ended
