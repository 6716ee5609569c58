"""A query that takes longer than somebody can wait is broken off where it is."""

from __future__ import annotations

import threading
import weakref

from duckdb import DuckDBPyConnection

# Breaking off between two statements of a connection stops neither, so it is done until somebody hears it.
_AGAIN_S = 0.05


class Patience:
    """Breaks off what a connection is at, so many seconds after it began, unless it was ended before."""

    def __init__(self, connection: DuckDBPyConnection) -> None:
        # Kept here, and with this by whoever reads the answer: the thread knows it weakly, and ends where nobody does.
        self._connection, self._end = connection, _End()

    def begin(self, seconds: float | None) -> None:
        """Without a number of seconds it is never broken off."""
        if seconds is not None:
            words = (weakref.ref(self._connection), self._end, seconds)
            threading.Thread(target=_watch, args=words, daemon=True).start()

    def end(self) -> None:
        """Nothing is broken off from here on."""
        with self._end.lock:
            self._end.came.set()

    def close(self) -> None:
        """End it, and with it the connection."""
        self.end()
        self._connection.close()


class _End:
    """Whether it was ended, and the lock under which that is looked at and broken off.

    It may be taken again: the collector can end an answer that nobody reads in the very thread that breaks it off.
    """

    def __init__(self) -> None:
        self.came, self.lock = threading.Event(), threading.RLock()


def _watch(connection: weakref.ref[DuckDBPyConnection], end: _End, seconds: float) -> None:
    wait = seconds
    while not end.came.wait(wait):
        wait, own = _AGAIN_S, connection()
        if own is None:
            return
        # DuckDB lets others run while it closes a connection: breaking off then would reach into what is gone.
        with end.lock:
            if not end.came.is_set():
                own.interrupt()
        del own
