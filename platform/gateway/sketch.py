"""Quantiles of latencies in little memory: buckets that grow by four per cent, so an answer is within two per cent."""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, log

_STEPS = 25  # buckets for each factor of e
_BUCKETS = 460  # up to 98 seconds


class Sketch:
    """Counts durations (seconds); a microsecond is the least that is told apart."""

    __slots__ = ("buckets",)

    def __init__(self) -> None:
        self.buckets = [0] * _BUCKETS

    def add(self, seconds: float) -> None:
        microseconds = seconds * 1e6
        index = int(log(microseconds) * _STEPS) if microseconds > 1 else 0
        self.buckets[index if index < _BUCKETS else _BUCKETS - 1] += 1


def quantiles(sketches: Iterable[Sketch], wanted: tuple[float, ...]) -> list[float | None]:
    """The wanted quantiles (0 to 1) over all sketches, in seconds; None where nothing was counted."""
    merged = [sum(counts) for counts in zip(*(sketch.buckets for sketch in sketches), strict=True)]
    total = sum(merged)
    if total == 0:
        return [None for _ in wanted]
    return [_at(merged, share * total) for share in wanted]


def _at(buckets: list[int], rank: float) -> float:
    seen = 0
    for index, count in enumerate(buckets):
        seen += count
        if count and seen >= rank:
            return exp((index + 0.5) / _STEPS) / 1e6
    return exp(_BUCKETS / _STEPS) / 1e6
