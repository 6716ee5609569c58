"""One process of a session reads the tests first where nothing was compiled yet: the others find it done.

In a fresh clone each would compile every module of ours and of the packages, at the same pace as its neighbours.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from tests.support import servers

WORKER = "PYTEST_XDIST_WORKER"


def look() -> None:
    """Note whether pytest has compiled tests here before; asked once, by the process that starts the others."""
    if WORKER in os.environ or sys.dont_write_bytecode:
        return
    compiled = Path(importlib.util.cache_from_source(str(Path(__file__).parents[1] / "isolation" / "test_csrf.py")))
    if not list(compiled.parent.glob("*-pytest-*")):
        _note().touch()


@contextmanager
def in_turn() -> Iterator[None]:
    """Around the collection of a worker. Who has to wait for the first migrates the template meanwhile."""
    if WORKER not in os.environ or not _note().exists():
        yield
        return
    lock = FileLock(f"{_note()}.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        servers.make_template()
        lock.acquire()
    if not _note().exists():
        lock.release()
        yield
        return
    try:
        yield
    finally:
        _note().unlink()
        lock.release()


def _note() -> Path:
    return Path(os.environ[servers.MARK]) / "uncompiled"
