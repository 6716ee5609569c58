"""What a window held at a moment, said slowly: its flights are looked at one by one, by nothing of the portal's.

Windows end at the last multiple of the slide. A flight is in one that ends at E when it was over in (E - length, E]
and was known by the moment.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

SECOND = 1_000_000
Known = tuple[int, int, Mapping[str, Any]]


def known(flights: Sequence[Mapping[str, Any]], key: str, value: str) -> list[Known]:
    """(over in µs, known in µs, the flight) of one entity, the first over first."""
    mine = [(_us(one["over_at"]), _us(one["known_at"]), one) for one in flights if one[key] == value]
    return sorted(mine, key=_over)


def values(mine: Sequence[Known], words: Mapping[str, Any], at_us: int) -> tuple[Any, ...]:
    slide = words["slide_seconds"] * SECOND
    end = at_us // slide * slide
    return tuple(_value(mine, one, end, at_us) for one in words["aggregations"])


def _value(mine: Sequence[Known], one: Mapping[str, Any], end: int, at_us: int) -> Any:
    first, last = (bisect_right(mine, at, key=_over) for at in (end - one["seconds"] * SECOND, end))
    inside = [flight[one["column"]] for _over_us, told, flight in mine[first:last] if told <= at_us]
    given = [value for value in inside if value is not None]
    if one["function"] == "count":
        return len(given)
    if not given:
        return None
    if isinstance(given[0], bool):
        return float(sum(given)) / len(given)
    # Whole parts, and 2^-64ths of the rest, are added for themselves.
    rest = sum(math.trunc((value - math.trunc(value)) * 2**64) for value in given)
    return (float(sum(map(math.trunc, given))) + float(Fraction(rest, 2**64))) / len(given)


def _over(one: Known) -> int:
    return one[0]


def _us(said: str) -> int:
    return round(datetime.fromisoformat(said).timestamp() * SECOND)
