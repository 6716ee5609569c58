"""Signals taken one at a time, between two looks at the children: no handler ever interrupts the supervisor."""

from __future__ import annotations

import signal
from typing import Protocol

STOPPING = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


class Bell(Protocol):
    """Wakes the supervisor. `stops` counts how often it was asked to stop."""

    stops: int

    def wait(self, seconds: float) -> None:
        """Sleep until the time is over, a child has changed or a stop is wanted."""
        ...


class SignalBell:
    """The kernel's signals, blocked and fetched; children get the mask of before (see child.spawn)."""

    def __init__(self) -> None:
        self.stops = 0
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING | {signal.SIGCHLD})

    def wait(self, seconds: float) -> None:
        got = signal.sigtimedwait(STOPPING | {signal.SIGCHLD}, seconds)
        if got and got.si_signo in STOPPING:
            self.stops += 1
