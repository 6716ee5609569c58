"""Fewer of the sample's real rows: enough for every page to have content, few enough to be quick."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sanad.samples import flights

COLUMNS = ("scheduled_departure", "origin", "carrier", "dest", "distance", "hour", "weekday", "late")


def every_nth(folder: Path, stride: int) -> dict[str, Path]:
    """The sample's files, the flights thinned to every `stride`-th; the others are small as they are."""
    files, rows = flights.files(), _flights()
    header = next(rows)
    thinned = _write(folder / "flights.csv", header, (row for number, row in enumerate(rows) if number % stride == 0))
    return {**files, "flights": thinned}


def departures(folder: Path, stride: int) -> Path:
    """One table with its label, as a person may bring it: what is known at departure, and whether it came late."""
    rows = _flights()
    header = next(rows)
    kept = (dict(zip(header, row, strict=True)) for number, row in enumerate(rows) if number % stride == 1)
    landed = (flight for flight in kept if flight["arr_delay"] != "NA")
    return _write(folder / "departures.csv", COLUMNS, (_departure(flight) for flight in landed))


def _departure(flight: dict[str, str]) -> tuple[object, ...]:
    hour = datetime.fromisoformat(flight["time_hour"].replace("Z", "+00:00"))
    leaves = hour + timedelta(minutes=int(flight["minute"]))
    known = (flight[name] for name in ("origin", "carrier", "dest", "distance", "hour"))
    return (leaves.isoformat(), *known, leaves.isoweekday(), float(flight["arr_delay"]) >= 15)


def _flights() -> Iterator[list[str]]:
    """The header, then every flight of 2013."""
    with zipfile.ZipFile(flights.files()["flights"]) as archive, archive.open(archive.namelist()[0]) as raw:
        yield from csv.reader(io.TextIOWrapper(raw, encoding="utf-8", newline=""))


def _write(path: Path, header: object, rows: Iterator[object]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path
