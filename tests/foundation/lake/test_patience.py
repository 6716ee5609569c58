"""Breaking off and closing exclude each other, and a query whose patience cannot begin leaves nothing open."""

from __future__ import annotations

import threading

import duckdb
import pyarrow as pa
import pytest

from foundation.lake.adapters import sessions
from foundation.lake.adapters.patience import Patience


class Hanging:
    """A connection that is broken off for as long as a test likes."""

    def __init__(self):
        self.reached, self.free, self.closed, self.times = threading.Event(), threading.Event(), False, 0

    def interrupt(self):
        assert not self.closed
        self.times += 1
        self.reached.set()
        assert self.free.wait(30)

    def close(self):
        self.closed = True


def test_nobody_closes_a_connection_while_it_is_broken_off():
    connection = Hanging()
    patience = Patience(connection)
    patience.begin(0)
    assert connection.reached.wait(30)
    closing = threading.Thread(target=patience.close)
    closing.start()
    closing.join(0.3)
    assert (closing.is_alive(), connection.closed) == (True, False)
    connection.free.set()
    closing.join(30)
    assert (closing.is_alive(), connection.closed) == (False, True)


def test_what_was_ended_is_not_broken_off_any_more():
    """Ended between the look at the time and the breaking off: the thread waits for the lock, and looks once more."""
    connection = Hanging()
    connection.free.set()
    patience = Patience(connection)
    with patience._end.lock:
        before = set(threading.enumerate())
        patience.begin(0)
        (watcher,) = set(threading.enumerate()) - before
        patience.close()
    watcher.join(30)
    assert (watcher.is_alive(), connection.times) == (False, 0)


def test_a_query_whose_patience_cannot_begin_leaves_no_connection_open(lake, monkeypatch):
    at = lake.write("patient", pa.table({"n": [1]}))
    opened, plain = [], sessions.open_cursor
    monkeypatch.setattr(sessions, "open_cursor", lambda place: opened.append(cursor := plain(place)) or cursor)

    def refuse(_thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="new thread"):
            lake.query("SELECT n FROM patient", {"patient": at}, seconds=60)
    (cursor,) = opened
    with pytest.raises(duckdb.ConnectionException):
        cursor.execute("SELECT 1")
    assert lake.query("SELECT n FROM patient", {"patient": at}, seconds=60).read_all().num_rows == 1
