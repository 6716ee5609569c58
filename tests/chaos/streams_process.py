"""A consumer process for the chaos tests: leases that end soon, so that ten kills pass quickly."""

from __future__ import annotations

import os
import signal
import threading
from datetime import timedelta
from typing import Any

import django

if __name__ == "__main__":
    django.setup()


def main() -> None:
    from apps.streams.services import Consumer, consuming, reading

    reading.LEASE = timedelta(seconds=0.6)
    reading._COMPACT_EVERY, reading._FEWEST_FILES = 5, 3
    consuming._ELSEWHERE_S = 0.1
    take = consuming.take

    def told(*given: Any) -> Any:
        """As `take`, and the parent hears who has it."""
        if (found := take(*given)) is not None:
            print(os.getpid(), flush=True)
        return found

    consuming.take = told
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_signal: stop.set())
    Consumer(stop).run()


if __name__ == "__main__":
    main()
