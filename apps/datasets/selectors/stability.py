"""The population stability index: how far a distribution has moved from its reference.

PSI = sum over the bins of (a - e) ln(a / e), with a the share now and e the share in the reference (N. Siddiqi, Credit
Risk Scorecards, Wiley 2006, ch. 10; below 0.1 steady, from 0.25 on drifted by the same source). A bin that is empty on
one side counts as half a row there, so that the logarithm exists.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

_HALF_A_ROW = 0.5


def psi(expected: Sequence[float], actual: Sequence[float]) -> float:
    """The index of counts per bin; both sequences have the same length, 0.0 where either has no rows."""
    if len(expected) != len(actual):
        raise ValueError(f"{len(expected)} bins against {len(actual)}: both sides need the same bins.")
    return sum(contributions(expected, actual))


def contributions(expected: Sequence[float], actual: Sequence[float]) -> list[float]:
    """What each bin adds to the index."""
    rows_then, rows_now = sum(expected), sum(actual)
    if not rows_then or not rows_now:
        return [0.0] * len(expected)
    return [
        _share(then / rows_then, now / rows_now, rows_then, rows_now)
        for then, now in zip(expected, actual, strict=True)
    ]


def _share(then: float, now: float, rows_then: float, rows_now: float) -> float:
    if not then and not now:
        return 0.0
    e, a = then or _HALF_A_ROW / rows_then, now or _HALF_A_ROW / rows_now
    return (a - e) * math.log(a / e)
