"""Who waits while the drift of other rows is counted in the same process, and who does not."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

from apps.features.errors import TooMuchToCount
from apps.features.services import drifting


def test_few_wait_for_a_turn_and_others_are_refused_at_once(monkeypatch):
    """Each who waits keeps a thread of the process, which has few."""
    arrived, free = threading.Semaphore(0), threading.Event()

    class Busy:
        """The lock of somebody who counts until the test is over."""

        def acquire(self, blocking=True, timeout=-1):
            if blocking:
                arrived.release()
                assert free.wait(60)
            return blocking

        def release(self):
            pass

    monkeypatch.setattr(drifting, "_counting", Busy())
    monkeypatch.setattr(drifting, "_TURN_SECONDS", 60)
    where = SimpleNamespace(thing=SimpleNamespace(row_count=1))

    def take():
        with drifting._turn(where):
            return "counted"

    with ThreadPoolExecutor(3) as threads:
        try:
            waiting = [threads.submit(take) for _n in range(2)]
            assert all(arrived.acquire(timeout=30) for _one in waiting)
            refused = threads.submit(take).exception(timeout=30)
        finally:
            free.set()
        assert isinstance(refused, TooMuchToCount)
        assert [one.result(timeout=30) for one in waiting] == ["counted", "counted"]
    assert take() == "counted"
