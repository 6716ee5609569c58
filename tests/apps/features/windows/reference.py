"""What windows are, said slowly and in other words than the kernel's: every event is looked at for every moment."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

SECOND = 1_000_000
Events = Sequence[Mapping[str, Any]]


def change_points(events: Events, aggregations: Sequence[Mapping[str, Any]], slide_seconds: int) -> dict[Any, Any]:
    """{(entity, multiple of the slide, moment): values} of events {"who", "at", "known", and columns}; times in µs."""
    slide, found = slide_seconds * SECOND, {}
    for who in {event["who"] for event in events}:
        mine = [event for event in events if event["who"] == who]
        for moment in moments(mine, [one["seconds"] * SECOND for one in aggregations], slide):
            end = moment // slide * slide
            found[who, end, moment] = values(mine, aggregations, end, moment)
    return found


def moments(events: Events, windows: Iterable[int], slide: int) -> set[int]:
    """When what is in some window changes: an event comes in, or leaves."""
    found = set()
    for event in events:
        tile = -(-event["at"] // slide) * slide
        seen = max(tile, event["known"])
        for window in windows:
            if seen < tile + window:
                found |= {seen, tile + window}
    return found


def values(events: Events, aggregations: Sequence[Mapping[str, Any]], end: int, moment: int) -> tuple[Any, ...]:
    """Each aggregation over the events in (end - window, end] that were known by the moment."""
    row = []
    for one in aggregations:
        window = one["seconds"] * SECOND
        inside = [e for e in events if end - window < e["at"] <= end and e["known"] <= moment]
        row.append(value(inside, one["function"], one["column"], one.get("quantile")))
    return tuple(row)


def value(inside: Events, function: str, column: str, quantile: float | None) -> Any:
    there = [e for e in inside if not column or e[column] is not None]
    given = [e[column] for e in there] if column else []
    if function == "count":
        return len(there)
    if function == "distinct":
        return len(set(given))
    if not given:
        return None
    if function == "last":
        return max((e["at"], e["known"], e[column]) for e in there)[2]
    if function == "quantile":
        return between(sorted(map(float, given)), quantile or 0.0)
    if function in {"min", "max"}:
        return min(given) if function == "min" else max(given)
    whole = total(given)
    if function == "mean":
        return float(whole) / len(given)
    # A whole number of more than 64 bits is none that a column holds.
    return whole if isinstance(whole, float) or -(2**63) <= whole < 2**63 else None


def total(given: Sequence[Any]) -> Any:
    """Whole parts and 2^-64ths of the rest are added for themselves, in no order."""
    if isinstance(given[0], int):
        return sum(given)
    rest = sum(math.trunc((one - math.trunc(one)) * 2**64) for one in given)
    return float(sum(map(math.trunc, given))) + float(Fraction(rest, 2**64))


def between(ordered: Sequence[float], quantile: float) -> float:
    place = (len(ordered) - 1) * quantile
    low, high = math.floor(place), math.ceil(place)
    if low == high:
        return ordered[low]
    return ordered[low] * (1.0 - (place - low)) + ordered[high] * (place - low)
