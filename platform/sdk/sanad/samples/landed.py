"""Flights as they land, pushed into a stream, and windows over them: delays of the last 2 and 24 hours.

A flight's delay is known when it lands, and not before: that is the event's time. The package gives no moment of
landing; it is the scheduled departure with the departure's delay and the time in the air.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sanad.samples.flights import files

STREAM = "landed-flights"
COLUMNS: list[dict[str, Any]] = [
    {"name": "carrier", "type": "text", "required": True},
    {"name": "origin", "type": "text", "required": True},
    {"name": "landed_at", "type": "time", "required": True},
    {"name": "delay", "type": "number"},
    {"name": "late", "type": "flag"},
]
EVENT_TIME, SLIDE_SECONDS = "landed_at", 300
# Entities with the names that their features begin with.
ENTITIES = {"carrier": "carrier", "origin": "origin"}


def views() -> Iterator[dict[str, Any]]:
    """The words of `client.features.define_windows` for each view, but for the stream."""
    for entity, begins in ENTITIES.items():
        yield {
            "name": f"landed_by_{begins}",
            "entity": entity,
            "event_time": EVENT_TIME,
            "slide_seconds": SLIDE_SECONDS,
            "known_since": "event",
            "aggregations": list(_aggregations(begins)),
        }


def _aggregations(begins: str) -> Iterator[dict[str, Any]]:
    for hours in (2, 24):
        for name, function, column in (("landed", "count", ""), ("delay", "mean", "delay"), ("late", "mean", "late")):
            seconds = hours * 3600
            yield {"name": f"{begins}_{name}_{hours}h", "function": function, "column": column, "seconds": seconds}


def events() -> Iterator[dict[str, Any]]:
    """Every flight that landed, in the order of the timetable: the order in which they landed is another."""
    with zipfile.ZipFile(files()["flights"]) as whole, whole.open(whole.namelist()[0]) as packed:
        for row in csv.DictReader(io.TextIOWrapper(packed, "utf-8")):
            if "NA" not in (row["dep_delay"], row["air_time"], row["arr_delay"]):
                yield _event(row)


def _event(row: dict[str, str]) -> dict[str, Any]:
    hour = datetime.fromisoformat(row["time_hour"].replace("Z", "+00:00"))
    hour = hour if hour.tzinfo else hour.replace(tzinfo=UTC)
    minutes = int(row["minute"]) + float(row["dep_delay"]) + float(row["air_time"])
    return {
        "carrier": row["carrier"],
        "origin": row["origin"],
        "landed_at": (hour + timedelta(minutes=minutes)).isoformat(),
        "delay": float(row["arr_delay"]),
        "late": float(row["arr_delay"]) >= 15,
    }
