"""Consumer processes for the chaos tests: forked off one that has loaded everything, one for each line it reads."""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import timedelta
from typing import Any

from runtime.loading import at_rest

if __name__ == "__main__":
    with at_rest():
        import django

        django.setup()

# What is imported when it is first needed, so that no child pays for it again.
import foundation.lake.engines  # noqa: F401
from apps.streams.services import Consumer, consuming, reading

_take = consuming.take


def told(*given: Any) -> Any:
    """As `take`, and the test hears who has it."""
    if (found := _take(*given)) is not None:
        # In one piece: several processes write to this pipe, and what is read from it gets killed.
        os.write(1, f"{os.getpid()} {found.attempt}\n".encode())
    return found


def main() -> None:
    # Leases that end soon, so that ten kills pass quickly, and not before a busy machine has opened a lake. Merges come
    # among the kills.
    reading.LEASE = timedelta(seconds=3)
    reading._COMPACT_EVERY, reading._FEWEST_FILES = 5, 3
    consuming._ELSEWHERE_S = 0.1
    consuming.take = told
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _line in sys.stdin:
        if os.fork() == 0:
            Consumer(threading.Event()).run()


if __name__ == "__main__":
    main()
