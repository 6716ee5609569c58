"""A query that takes longer than somebody can wait is broken off where it is."""

from __future__ import annotations

import threading
import weakref
from contextlib import suppress

import duckdb
from duckdb import DuckDBPyConnection

# Breaking off between two statements of a connection stops neither, so it is done until somebody hears it.
_AGAIN_S = 0.05


class Patience:
    """Breaks off what a connection is at after so many seconds, unless it was ended before; without them, never."""

    def __init__(self, connection: DuckDBPyConnection, seconds: float | None) -> None:
        # Kept here, and with this by whoever reads the answer: the thread knows it weakly, and ends where nobody does.
        self._connection, self._ended = connection, threading.Event()
        if seconds is not None:
            words = (weakref.ref(connection), self._ended, seconds)
            threading.Thread(target=_watch, args=words, daemon=True).start()

    def end(self) -> None:
        self._ended.set()


def _watch(connection: weakref.ref[DuckDBPyConnection], ended: threading.Event, seconds: float) -> None:
    wait = seconds
    while not ended.wait(wait):
        wait, own = _AGAIN_S, connection()
        if own is None:
            return
        # Whoever asked may close it in this moment: then there is nothing to break off.
        with suppress(duckdb.ConnectionException):
            own.interrupt()
        del own
