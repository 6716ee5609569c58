"""A circuit breaker: after failures in a row nobody is sent there for a while, then one tries."""

from __future__ import annotations

from dataclasses import dataclass

FAILURES_TO_OPEN = 3
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0


@dataclass
class Breaker:
    """Times are seconds of one monotonic clock."""

    failures: int = 0
    open_until: float = 0.0

    def admits(self, now: float) -> bool:
        """Whether to send there; after a pause exactly one caller is let through until it is known how it went."""
        if self.failures < FAILURES_TO_OPEN:
            return True
        if now < self.open_until:
            return False
        self.open_until = now + self._pause()
        return True

    def succeeded(self) -> None:
        self.failures = 0

    def failed(self, now: float) -> None:
        self.failures += 1
        if self.failures >= FAILURES_TO_OPEN:
            self.open_until = now + self._pause()

    def _pause(self) -> float:
        doublings = min(self.failures - FAILURES_TO_OPEN, 8)
        return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0**doublings)
