"""What pages ask of the gateway: how it fares, and one prediction as a client would ask for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class LiveRevision:
    """One revision's counters since the gateway started; percentiles in milliseconds over its last minute."""

    requests: int
    errors: int
    p50: float | None
    p95: float | None
    p99: float | None
    # (Unix second, requests, errors), the oldest first, of the last two minutes.
    per_second: list[tuple[int, int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class LiveStats:
    """What the gateway says of a deployment now; `at` in Unix time."""

    at: float
    revisions: dict[str, LiveRevision] = field(default_factory=dict)

    @property
    def per_second(self) -> list[tuple[int, int, int]]:
        """All revisions together."""
        sums: dict[int, tuple[int, int]] = {}
        for revision in self.revisions.values():
            for second, requests, errors in revision.per_second:
                before = sums.get(second, (0, 0))
                sums[second] = (before[0] + requests, before[1] + errors)
        return [(second, *sums[second]) for second in sorted(sums)]

    def rate(self, seconds: int = 10) -> float:
        """Requests per second over the last whole seconds; the present one is still filling."""
        newest = int(self.at)
        return sum(n for second, n, _e in self.per_second if newest - seconds <= second < newest) / seconds

    def slowest(self, percentile: str) -> float | None:
        """The percentile (p50, p95, p99) of the slowest revision that answered in the last minute."""
        return max((v for r in self.revisions.values() if (v := getattr(r, percentile)) is not None), default=None)

    def errors_in_window(self) -> tuple[int, int]:
        """(errors, requests) of the last two minutes."""
        seconds = self.per_second
        return sum(errors for _s, _n, errors in seconds), sum(requests for _s, requests, _e in seconds)


@dataclass(frozen=True)
class Answer:
    """One answer of the gateway; `body` is JSON as far as it was JSON."""

    status: int
    body: Any
    milliseconds: float
