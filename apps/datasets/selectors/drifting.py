"""How far the values of a column have moved between two profiles: one number, without reading a row."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

# A bin that is empty on one side counts as if a ten-thousandth lay there, so that the logarithm stays finite.
_LEAST = 1e-4
# Below the first nothing to speak of has moved, above the second much has (Siddiqi, Credit Risk Scorecards, 2006).
STEADY, FAR = 0.1, 0.25


def drift(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> tuple[str, float] | None:
    """("psi", …) for numbers and times, ("tv", …) for categories; None where the profiles do not say enough."""
    if not before or not after or before.get("kind") != after.get("kind"):
        return None
    one, other = before.get("histogram") or {}, after.get("histogram") or {}
    if sum(one.get("counts") or []) and sum(other.get("counts") or []):
        return "psi", stability(_measured(one["edges"]), one["counts"], _measured(other["edges"]), other["counts"])
    if before.get("top") and after.get("top"):
        return "tv", variation(_shares(before), _shares(after))
    return None


def stability(
    edges: Sequence[float], counts: Sequence[int], other_edges: Sequence[float], other_counts: Sequence[int]
) -> float:
    """Population stability index over the first histogram's bins, the outer ones open: sum of (q - p) ln(q / p).

    N. Siddiqi, Credit Risk Scorecards (2006), chapter 8. Of the second histogram it is taken that values lie evenly in
    each of its bins. 0: the same; without an upper bound.
    """
    inner = list(edges[1:-1])
    if not inner:
        # One value alone so far: below, at and above it.
        inner = [math.nextafter(edges[0], -math.inf), edges[0]]
    first = _in_bins(inner, edges, counts)
    second = _in_bins(inner, other_edges, other_counts)
    pairs = [(max(p, _LEAST), max(q, _LEAST)) for p, q in zip(first, second, strict=True)]
    return sum((q - p) * math.log(q / p) for p, q in pairs)


def variation(first: Mapping[str, float], second: Mapping[str, float]) -> float:
    """Total variation distance, half the sum of |p - q|: Levin, Peres, Wilmer, Markov Chains and Mixing Times, 4.1.

    From 0, the same, to 1, nothing in common.
    """
    return sum(abs(first.get(value, 0.0) - second.get(value, 0.0)) for value in {*first, *second}) / 2


def _in_bins(inner: Sequence[float], edges: Sequence[float], counts: Sequence[int]) -> list[float]:
    """The shares of a histogram's values up to each inner edge, between two, and beyond the last."""
    up_to = [_share_up_to(edge, edges, counts) for edge in inner]
    return [high - low for low, high in zip([0.0, *up_to], [*up_to, 1.0], strict=True)]


def _share_up_to(value: float, edges: Sequence[float], counts: Sequence[int]) -> float:
    total, seen = sum(counts), 0.0
    for low, high, count in zip(edges, edges[1:], counts, strict=False):
        if value >= high:
            seen += count
        elif value > low:
            seen += count * (value - low) / (high - low)
    return seen / total


def _measured(edges: Sequence[Any]) -> list[float]:
    """Edges as numbers; times as seconds."""
    return [datetime.fromisoformat(edge).timestamp() if isinstance(edge, str) else float(edge) for edge in edges]


def _shares(column: Mapping[str, Any]) -> dict[str, float]:
    """The shares of the frequent values, and of all the others together."""
    present = max(column["present"], 1)
    found = {str(top["value"]): top["count"] / present for top in column["top"]}
    return {**found, "": max(0.0, 1 - sum(found.values()))}
