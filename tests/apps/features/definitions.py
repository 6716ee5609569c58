"""A file of definitions as most tests of it begin, with more in it, and whoever plans and applies it."""

from __future__ import annotations

from typing import Any

from apps.features import services

FILE = """\
entities:
  carrier:
    join_keys: {carrier: text}
    description: Who flies.
    tags: [flights]

views:
  carrier_delay:
    entity: carrier
    inputs:
      delays: {dataset: delays.csv, version: 1}
    sql: |
      SELECT carrier, moment, delay AS recent_delay, delay * 2 AS twice
      FROM delays
    event_time: moment
    ttl_seconds: 86400

services:
  late_flights:
    views:
      carrier_delay: [recent_delay]
"""

MORE = FILE.replace(
    "services:\n",
    """\
windows:
  lately:
    entity: carrier
    source: {dataset: delays.csv, version: 1}
    event_time: moment
    slide_seconds: 3600
    aggregations:
      flights_day: {function: count, seconds: 86400}
      median_day: {function: quantile, column: delay, seconds: 86400, quantile: 0.5}

on_demand:
  context:
    request: {seats: whole number}
    uses:
      carrier_delay: [recent_delay]
      lately: all
    features:
      late_each: recent_delay / max(seats, 1)
      busy: flights_day > 3

services:
""",
)
MORE += "    on_demand:\n      context: [late_each]\n"


class DefinitionFile:
    """Planned and applied by one person in one project."""

    def __init__(self, actor: Any, project: Any) -> None:
        self._words = {"actor": actor, "project": project}

    def plan(self, text: str) -> Any:
        return services.plan_definitions(**self._words, text=text)

    def apply(self, text: str, plan: str = "") -> Any:
        return services.apply_definitions(**self._words, text=text, plan=plan)

    def export(self) -> str:
        return services.definitions_text(**self._words)
