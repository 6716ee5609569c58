"""From logged requests to counts in the bins of the reference: numbers by edges, categories by name."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

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
        place = bins.place(value)
        if place is None:
            into.other += 1
        else:
            into.counts[place] += 1
        if isinstance(value, int | float) and not isinstance(value, bool):
            into.total += value


def latency_bin(milliseconds: float) -> int:
    return bisect_right(LATENCY_EDGES_MS, milliseconds)


def percentile_ms(latencies: list[int], share: float) -> float | None:
    """The upper edge of the bin in which the `share` of all answers is reached; None without answers."""
    wanted, seen = share * sum(latencies), 0
    if not wanted:
        return None
    for place, count in enumerate(latencies):
        seen += count
        if seen >= wanted:
            return LATENCY_EDGES_MS[min(place, len(LATENCY_EDGES_MS) - 1)]
    return None


def month_of(event_time: str | None, at: datetime) -> date:
    """The window that a request belongs to: by its event time, else by when it was answered."""
    if event_time:
        try:
            moment = datetime.fromisoformat(event_time.replace("Z", "+00:00"))
        except ValueError:
            moment = at
        return date(moment.year, moment.month, 1)
    return date(at.year, at.month, 1)


def rows_of(request: Any) -> list[dict[str, Any]]:
    """The rows that a request's body asked about, in whichever of the accepted shapes it came."""
    if not isinstance(request, dict):
        return []
    if (
        "inputs" in request
        and isinstance(request["inputs"], list)
        and request["inputs"]
        and "name" in request["inputs"][0]
    ):
        return _rows_of_tensors(request["inputs"])
    if "dataframe_split" in request:
        split = request["dataframe_split"]
        return [dict(zip(split["columns"], row, strict=False)) for row in split["data"]]
    for shape in ("dataframe_records", "instances", "inputs"):
        found = request.get(shape)
        if isinstance(found, list) and found and isinstance(found[0], dict):
            return found
        if isinstance(found, dict):
            return _rows_of_columns(found)
    return []


def _rows_of_tensors(tensors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return _rows_of_columns({tensor["name"]: tensor["data"] for tensor in tensors})


def _rows_of_columns(columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    lists = {name: value if isinstance(value, list) else [value] for name, value in columns.items()}
    length = min((len(value) for value in lists.values()), default=0)
    return [{name: value[place] for name, value in lists.items()} for place in range(length)]


def empty(bins: Bins) -> Counted:
    return Counted(counts=[0] * bins.size)


def grouped() -> defaultdict[Any, Any]:
    return defaultdict(list)
