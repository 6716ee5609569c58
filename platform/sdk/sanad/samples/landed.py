"""Flights as they are over, pushed into a stream, and windows over them: delays of the last 2 and 24 hours.

A flight's delay is known when it lands, and not before: that is the event's time. The package gives no moment of
landing; it is the scheduled departure with the departure's delay and the time in the air. A flight that never landed
where it was to land (cancelled, or diverted) has no delay; it is over where it left, or was to leave.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from sanad.samples.flights import MISSING, files

STREAM = "landed-flights"
COLUMNS: list[dict[str, Any]] = [
    {"name": "carrier", "type": "text", "required": True},
    {"name": "origin", "type": "text", "required": True},
    {"name": "over_at", "type": "time", "required": True},
    {"name": "known_at", "type": "time", "required": True},
    {"name": "delay", "type": "number"},
    {"name": "late", "type": "flag"},
]
EVENT_TIME, KNOWN_TIME, SLIDE_SECONDS = "over_at", "known_at", 300
# Entities with the names that their features begin with.
ENTITIES = {"carrier": "carrier", "origin": "origin"}
LATE_MINUTES = 15
_MISSING = frozenset(MISSING["missing"])


def views() -> Iterator[dict[str, Any]]:
    """The words of `client.features.define_windows` for each view, but for the stream."""
    for entity, begins in ENTITIES.items():
        yield {
            "name": f"landed_by_{begins}",
            "entity": entity,
            "event_time": EVENT_TIME,
            "slide_seconds": SLIDE_SECONDS,
            "created_column": KNOWN_TIME,
            "aggregations": list(_aggregations(begins)),
        }


def _aggregations(begins: str) -> Iterator[dict[str, Any]]:
    for hours in (2, 24):
        for name, function, column in (
            ("landed", "count", "delay"),
            ("delay", "mean", "delay"),
            ("late", "mean", "late"),
        ):
            seconds = hours * 3600
            yield {"name": f"{begins}_{name}_{hours}h", "function": function, "column": column, "seconds": seconds}


def events(file: Path | None = None) -> Iterator[dict[str, Any]]:
    """Every flight, in the order of the timetable: the order in which they were over is another."""
    with (file or files()["flights"]).open("rb") as raw, _unpacked(raw) as text:
        for row in csv.DictReader(text):
            yield _event(row)


def as_known(found: Iterable[dict[str, Any]], known_at: datetime) -> Iterator[dict[str, Any]]:
    """The same flights, known from this moment on: when they are sent."""
    for event in found:
        yield {**event, KNOWN_TIME: known_at.isoformat()}


def shifted(found: Iterable[dict[str, Any]], last_at: datetime) -> list[dict[str, Any]]:
    """The same flights as if the last of them were over at this moment, known when they are over."""
    known = [(event, datetime.fromisoformat(event[EVENT_TIME])) for event in found]
    later = last_at - max((at for _event, at in known), default=last_at)
    moved = (((at + later).isoformat(), event) for event, at in known)
    return [{**event, EVENT_TIME: at, KNOWN_TIME: at} for at, event in moved]


def _unpacked(raw: Any) -> io.TextIOWrapper:
    """The table itself, also out of the archive that the package has it in."""
    if zipfile.is_zipfile(raw):
        whole = zipfile.ZipFile(raw)
        return io.TextIOWrapper(whole.open(whole.namelist()[0]), "utf-8")
    raw.seek(0)
    return io.TextIOWrapper(raw, "utf-8")


@lru_cache(maxsize=16)
def _hour(said: str) -> datetime:
    """Flights come by the hour: it is read once for all that were to leave in it."""
    hour = datetime.fromisoformat(said.replace("Z", "+00:00"))
    return hour if hour.tzinfo else hour.replace(tzinfo=UTC)


def _event(row: dict[str, str]) -> dict[str, Any]:
    parts = (row["minute"], row["dep_delay"], row["air_time"])
    minutes = sum(float(part) for part in parts if part not in _MISSING)
    over = (_hour(row["time_hour"]) + timedelta(minutes=minutes)).isoformat()
    delay = None if row["arr_delay"] in _MISSING else float(row["arr_delay"])
    return {
        "carrier": row["carrier"],
        "origin": row["origin"],
        EVENT_TIME: over,
        KNOWN_TIME: over,
        "delay": delay,
        "late": None if delay is None else delay >= LATE_MINUTES,
    }
