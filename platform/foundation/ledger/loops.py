"""The loops of the sequencer process: placing, live feed, one per subscriber, checkpoints with their anchors.

Each has a thread and a connection of its own, so that a slow handler or sink delays nobody but itself.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable

import psycopg
from django.db import connection, connections

from foundation.ledger import delivering, publisher
from foundation.ledger.checkpoints import checkpoint_once
from foundation.ledger.dispatch import dispatch_once
from foundation.ledger.recorded import RecordedEvent
from foundation.ledger.recording import CHANNEL
from foundation.ledger.sequencing import sequence_once
from foundation.ledger.subscriptions import Subscriber, subscribers

POLL = 1.0
# A process rings at most every 20 ms (recording._Bell); who was just awake looks again for longer than that.
LINGER, BETWEEN = 0.1, 0.02
_LONGEST_PAUSE = 30.0
_MOST_BATCHES = 1000
_log = logging.getLogger(__name__)


class Loop(threading.Thread):
    """Does its work again and again: when woken, else every second; after an error with growing pauses."""

    def __init__(self, name: str, work: Callable[[], int], stopped: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self._stopped = stopped
        self._woken = threading.Event()

    def wake(self) -> None:
        self._woken.set()

    def run(self) -> None:
        pause = POLL
        while not self._stopped.is_set():
            self._woken.clear()
            if attempt(self.name, self._work) is None:
                self._stopped.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                self._woken.wait(POLL)
                pause = POLL
        connections.close_all()


class Feed:
    """Placed events on their way to the live pages; full means that pages catch up by ledger number instead."""

    def __init__(self) -> None:
        self._batches: queue.Queue[list[RecordedEvent]] = queue.Queue(maxsize=_MOST_BATCHES)

    def put(self, events: list[RecordedEvent]) -> None:
        try:
            self._batches.put_nowait(events)
        except queue.Full:
            _log.warning("The live feed is behind; pages will catch up by ledger number")

    def publish(self) -> int:
        """Publish all that is there; how many events."""
        published = 0
        while not self._batches.empty():
            events = self._batches.get_nowait()
            publisher.publish(events)
            published += len(events)
        return published


class Sequencer:
    """All loops of one process. Several processes may run: locks in the database decide who works."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self._feed = Feed()
        self._feeding = Loop("feed", self._feed.publish, self.stopped)
        self._anchoring = Loop("anchors", _sign_and_deliver, self.stopped)
        self._hearers = [(subscriber, self._loop_of(subscriber)) for subscriber in subscribers()]

    def run(self) -> None:
        """Place events in this thread until stopped; the other loops run beside it."""
        others = [self._feeding, self._anchoring, *(loop for _subscriber, loop in self._hearers)]
        for loop in others:
            loop.start()
        with Listener(self.stopped) as listener:
            self._place(listener)
        for loop in others:
            loop.wake()
        for loop in others:
            loop.join(timeout=5)

    def stop(self) -> None:
        self.stopped.set()

    def _place(self, listener: Listener) -> None:
        last, pause = 0.0, POLL
        while not self.stopped.is_set():
            placed = attempt("placing", lambda: sequence_once(publish=self._after_placing))
            if placed is None:
                self.stopped.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            pause = POLL
            if placed:
                last = time.monotonic()
            listener.wait(BETWEEN if time.monotonic() - last < LINGER else POLL)

    def _after_placing(self, events: Iterable[RecordedEvent]) -> None:
        batch = list(events)
        self._feed.put(batch)
        self._feeding.wake()
        self._anchoring.wake()
        kinds = {event.kind for event in batch}
        for subscriber, loop in self._hearers:
            if subscriber.kinds is None or kinds.intersection(subscriber.kinds):
                loop.wake()

    def _loop_of(self, subscriber: Subscriber) -> Loop:
        return Loop(subscriber.name, lambda: dispatch_once(name=subscriber.name), self.stopped)


class Listener:
    """Hears the bell that `record` rings after a commit; without a connection it is a pause."""

    def __init__(self, stopped: threading.Event) -> None:
        self._stopped = stopped
        self._connection: psycopg.Connection[object] | None = None

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_error: object) -> None:
        self._drop()

    def wait(self, seconds: float) -> None:
        """Return when the bell rings, at the latest after `seconds`."""
        if attempt("listening", lambda: self._wait(seconds)) is None:
            self._drop()
            self._stopped.wait(seconds)

    def _wait(self, seconds: float) -> int:
        if self._connection is None:
            self._connection = connection.get_new_connection(connection.get_connection_params())
            self._connection.autocommit = True
            self._connection.execute(f"LISTEN {CHANNEL}")
        return sum(1 for _bell in self._connection.notifies(timeout=seconds, stop_after=1))

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def attempt(name: str, work: Callable[[], int]) -> int | None:
    """Do the work; after an error say so, leave the connection and answer none."""
    try:
        return work()
    except Exception:  # noqa: BLE001 - a loop outlives whatever its work meets
        _log.exception("The ledger's loop %s failed and is tried again", name)
        connection.close()
        return None


def _sign_and_deliver() -> int:
    return checkpoint_once() + delivering.deliver_once()
