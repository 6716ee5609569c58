"""Connections to a catalogue's database that wait for the next who asks: one made anew costs PostgreSQL a process."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

# Whoever writes holds one for the locks and asks by another; a process that is idle goes on holding them.
_KEPT = 2
# What lies between here and the server may have dropped one that was silent for long, and tell nobody.
_KEPT_S = 30.0
# Nothing of one who used it is left to the next: no lock, no patience.
_CLEAN = b"RESET ALL; SELECT pg_advisory_unlock_all()"


@dataclass(frozen=True)
class _Idle:
    connection: psycopg.Connection
    url: str
    since: float


_lock = threading.Lock()
_idle: list[_Idle] = []
_strangers: list[list[_Idle]] = []


@contextmanager
def kept(url: str) -> Iterator[psycopg.Connection]:
    """A connection of one's own for the block, on which each statement commits by itself; after an error it is closed,
    and so are the locks that it held. psycopg.OperationalError where the server cannot be reached."""
    connection = _taken(url) or psycopg.connect(url, autocommit=True, prepare_threshold=None)
    try:
        yield connection
        cleaned = connection.pgconn.exec_(_CLEAN).status == psycopg.pq.ExecStatus.TUPLES_OK
    except BaseException:
        connection.close()
        raise
    if cleaned:
        _give_back(_Idle(connection, url, time.monotonic()))
    else:
        connection.close()


def _taken(url: str) -> psycopg.Connection | None:
    """One that waited and still answers."""
    while True:
        with _lock:
            found = next((one for one in reversed(_idle) if one.url == url), None)
            if found is None:
                return None
            _idle.remove(found)
        if time.monotonic() - found.since < _KEPT_S and _answers(found.connection):
            return found.connection
        found.connection.close()


def _answers(connection: psycopg.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False  # the server was started anew, or ended it
    return True


def _give_back(one: _Idle) -> None:
    with _lock:
        _idle.append(one)
        gone = _idle.pop(0) if len(_idle) > _KEPT else None
    if gone:
        gone.connection.close()


def _close_all() -> None:
    with _lock:
        while _idle:
            _idle.pop().connection.close()


def _after_fork() -> None:
    """What the parent opened is the parent's: a child neither uses nor closes it."""
    global _idle, _lock
    _strangers.append(_idle)
    _idle, _lock = [], threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(_close_all)
