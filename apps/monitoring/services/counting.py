"""From logged requests to counts in the bins of the reference: numbers by edges, categories by name."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

_SHAPES = ("dataframe_records", "instances", "inputs")
_OLDEST_YEAR, _AHEAD = 1900, timedelta(days=366)
# Whose sum over any number of rows is still a number.
_LARGEST = 1e290
# Upper edges of the latency bins in milliseconds; the last bin is open.
LATENCY_EDGES_MS = (0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 25, 50, 100, 250, 500, 1000, 2500)


@dataclass
class Counted:
    """One feature's values of one window."""

    counts: list[int]
    other: int = 0
    missing: int = 0
    rows: int = 0
    total: float = 0.0


@dataclass
class Minute:
    """One minute's answers of one revision."""

    requests: int = 0
    rows: int = 0
    errors: int = 0
    latencies: list[int] = field(default_factory=lambda: [0] * (len(LATENCY_EDGES_MS) + 1))
    positives: float = 0.0


class Bins:
    """The bins of one feature or of the prediction, as the model's reference.json has them."""

    def __init__(self, reference: Mapping[str, Any]) -> None:
        self._edges: list[float] = reference.get("edges", [])
        self._places = {str(name): place for place, name in enumerate(reference.get("categories", []))}
        self.size = len(self._places) if "categories" in reference else max(len(self._edges) - 1, 0)

    def place(self, value: Any) -> int | None:
        """The bin of a value; values beyond the ends belong to the end bins, None is an unknown category."""
        if self._places:
            return self._places.get(str(value).lower() if isinstance(value, bool) else str(value))
        if not self._edges or not isinstance(value, int | float):
            return None
        return min(max(bisect_right(self._edges, value) - 1, 0), self.size - 1)


def count_values(values: Iterable[Any], bins: Bins, into: Counted) -> None:
    for value in values:
        into.rows += 1
        if value is None or (isinstance(value, float) and math.isnan(value)):
            into.missing += 1
            continue
        number = isinstance(value, int | float) and not isinstance(value, bool)
        beyond = number and abs(value) > _LARGEST
        place = None if beyond else bins.place(value)
        if place is None:
            into.other += 1
        else:
            into.counts[place] += 1
        if number and not beyond:
            into.total += value


def latency_bin(milliseconds: float) -> int:
    return bisect_right(LATENCY_EDGES_MS, milliseconds)


def percentile_ms(latencies: list[int], share: float) -> float | None:
    """Below what the `share` of all answers took: the upper edge of the bin in which it is reached.

    Infinity where that is the last one, which is open; None without answers.
    """
    wanted, seen = share * sum(latencies), 0
    if not wanted:
        return None
    for edge, count in zip((*LATENCY_EDGES_MS, math.inf), latencies, strict=False):
        seen += count
        if seen >= wanted:
            return edge
    return None


def day_of(event_time: str | None, at: datetime) -> date:
    """The day that a request belongs to: by its event time, else by when it was answered."""
    if event_time:
        try:
            moment = datetime.fromisoformat(event_time.replace("Z", "+00:00"))
        except ValueError:
            moment = at
        # A time out of all bounds would make windows without end: such a row counts as of now.
        if moment.year >= _OLDEST_YEAR and moment.replace(tzinfo=moment.tzinfo or UTC) <= at + _AHEAD:
            return moment.date()
    return at.date()


def month_of(day: date) -> date:
    """The window of a day."""
    return day.replace(day=1)


def rows_of(request: Any, names: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The rows that a request's body asked about, in whichever of the accepted shapes; `names` for rows without any.

    None of a body that is in no such shape: the model has refused it, and it is counted as a request all the same.
    """
    try:
        return _rows_of(request, names)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return []


def _rows_of(request: Any, names: Sequence[str]) -> list[dict[str, Any]]:
    if "dataframe_split" in request:
        split = request["dataframe_split"]
        columns = _names(split["columns"])
        return [dict(zip(columns, row, strict=True)) for row in split["data"]]
    found: Any = next((request[shape] for shape in _SHAPES if shape in request), [])
    if isinstance(found, dict):
        return _rows_of_columns(found)
    if found and isinstance(found[0], dict) and {"name", "data"} <= found[0].keys():
        names = _names([tensor["name"] for tensor in found])
        return _rows_of_columns(dict(zip(names, (_flat(tensor["data"]) for tensor in found), strict=True)))
    return [row if isinstance(row, dict) else dict(zip(names, row, strict=True)) for row in found]


def _names(given: list[Any]) -> list[str]:
    """Names of columns; the model has refused a body that names one by a number or by nothing."""
    if not all(isinstance(name, str) for name in given):
        raise TypeError("a name that is no text")
    return given


def _flat(values: list[Any]) -> list[Any]:
    """A tensor of shape [rows, 1] as one of [rows]."""
    return [value[0] if isinstance(value, list) else value for value in values]


def _rows_of_columns(columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    lists = {name: value if isinstance(value, list) else [value] for name, value in columns.items()}
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def empty(bins: Bins) -> Counted:
    return Counted(counts=[0] * bins.size)
