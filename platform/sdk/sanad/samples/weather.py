"""The weather of 2013 as an ingestion brings it, and what has to hold of it.

Two of its 26 115 readings are faults of a sensor, and lie in the real data: Newark measured 1 048 miles an hour on
12 February, Kennedy 13 °F in the night of 8 May while its neighbours had 50.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sanad.resource import Thing, Things

NAME, SOURCE = "weather", "Weather service"
ROWS, IN_JANUARY = 26_115, 2_226
# On the first of each month, as the airports see the clock.
CRON, ZONE = "0 6 1 * *", "America/New_York"
# When its files were last written, 1 January 2014: what looks changed is read again.
WRITTEN_AT = 1_388_534_400
KEY = frozenset({"origin", "time_hour"})
# What suggestions from January alone cannot know of the year. Rows outside are set aside, the rest is let in.
LIMITS: dict[str, tuple[float, float]] = {"wind_speed": (0, 100), "humid": (0, 100), "visib": (0, 10)}
NO_FROST = {
    "kind": "sql_condition",
    "severity": "quarantine",
    "parameters": {"sql": "month NOT BETWEEN 5 AND 9 OR temp > 32"},
    "description": "No frost in New York from May to September",
}
BY_DAY_SQL = """
SELECT origin, make_date(year, month, day) AS day,
       avg(temp) AS mean_temp, min(temp) AS min_temp, max(temp) AS max_temp,
       max(wind_speed) AS max_wind_speed, sum(precip) AS precipitation, count(*) AS readings
FROM weather GROUP BY ALL
"""
BY_DAY, DAYS = "weather_by_day", 1092


def expected(suggested: Iterable[Mapping[str, Any]]) -> Things:
    """The suggestions as somebody who knows the year edits them: a reading may lack a value, and is no winter's."""
    edited = (_edited(dict(suggestion["expectation"])) for suggestion in suggested)
    return [*(one for one in edited if one is not None), NO_FROST]


def _edited(one: Thing) -> Thing | None:
    column = next(iter(one["columns"]), "")
    if one["kind"] == "row_count":
        return {**one, "parameters": {"min": one["parameters"]["min"]}}
    if one["kind"] == "not_null":
        return one if column in KEY else None
    if one["kind"] != "in_range":
        return one
    if column not in LIMITS:
        return None
    low, high = LIMITS[column]
    return {**one, "parameters": {"min": low, "max": high}, "severity": "quarantine"}


def in_parts(file: Path, folder: Path, *, months: int) -> list[str]:
    """January, and for more months all that came later, as files in the folder; their names."""
    with file.open(newline="", encoding="utf-8") as source:
        header, *rows = csv.reader(source)
    at = header.index("month")
    parts = {"weather-2013-01.csv": (1, 1), "weather-2013-02-to-12.csv": (2, months)}
    named = {name: span for name, span in parts.items() if span[0] <= span[1]}
    for name, (first, last) in named.items():
        with (folder / name).open("w", newline="", encoding="utf-8") as target:
            csv.writer(target).writerows([header, *(row for row in rows if first <= int(row[at]) <= last)])
        os.utime(folder / name, (WRITTEN_AT, WRITTEN_AT))
    return list(named)


def unbelieved(expectation: Mapping[str, Any]) -> list[str]:
    """The columns whose values are given up in a row that breaks this."""
    return list(expectation["columns"]) or ["temp", "dewp"]
