"""Departures of 2013 as events that come one by one, made of the sample's real flights."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

NAME, EVENT_TIME = "departures_live", "scheduled_at"
# So many of the year's first flights, and one event more, of a gate that forgot where it stands.
SOUND, FAULTY = 2_000, 1
COLUMNS = [
    {"name": "scheduled_at", "type": "time", "required": True},
    {"name": "carrier", "type": "text", "required": True},
    {"name": "flight", "type": "whole", "required": True},
    {"name": "origin", "type": "text", "required": True},
    {"name": "dest", "type": "text", "required": False},
    {"name": "delay", "type": "number", "required": False},
]


def events(file: Path) -> Iterator[dict[str, object]]:
    """One event a flight, as scheduled; one that never left has no delay. The last event names no origin."""
    with zipfile.ZipFile(file) as archive, archive.open(archive.namelist()[0]) as raw:
        rows = csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8", newline=""))
        for row in sorted(islice(rows, SOUND), key=_scheduled):
            known = row["dep_delay"] != "NA"
            yield {
                "scheduled_at": _scheduled(row),
                "carrier": row["carrier"],
                "flight": int(row["flight"]),
                "origin": row["origin"],
                "dest": row["dest"],
                "delay": float(row["dep_delay"]) if known else None,
            }
    yield {"scheduled_at": "2013-01-03T10:00:00Z", "carrier": "B6", "flight": 725}


def _scheduled(row: dict[str, str]) -> str:
    return f"{row['time_hour'][:13]}:{int(row['minute']):02d}:00Z"
