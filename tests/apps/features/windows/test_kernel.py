"""Whatever the order in which events come, and in how many steps: the same rows, bit for bit, as a slow reference."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

from apps.features.choices import WindowFunction
from apps.features.services.windows.kernel import change_points_sql, reach_sql
from apps.features.services.windows.plans import Aggregation, Plan
from tests.apps.features.windows import reference

US, MINUTE = reference.SECOND, 60 * reference.SECOND
AGGREGATIONS = [
    {"name": f"f{place}", "function": function, "column": column, "seconds": seconds, "quantile": quantile}
    for place, (function, column, seconds, quantile) in enumerate(
        [
            ("count", "", 300, None),
            ("count", "x", 120, None),
            ("sum", "x", 300, None),
            ("mean", "x", 120, None),
            ("sum", "i", 120, None),
            ("mean", "i", 300, None),
            ("min", "x", 300, None),
            ("max", "i", 120, None),
            ("last", "w", 300, None),
            ("last", "x", 120, None),
            ("distinct", "w", 300, None),
            ("distinct", "x", 120, None),
            ("quantile", "x", 300, 0.9),
            ("quantile", "i", 120, 0.5),
        ]
    )
]
TYPES = {"": "", "x": "DOUBLE", "i": "BIGINT", "w": "VARCHAR"}
PLAN = Plan(
    keys=("who",),
    event_time="at",
    created="known",
    slide_seconds=60,
    columns=("x", "i", "w"),
    aggregations=tuple(
        Aggregation(
            one["name"],
            WindowFunction(one["function"]),
            one["column"],
            one["seconds"],
            one["quantile"],
            TYPES[one["column"]],
        )
        for one in AGGREGATIONS
    ),
)


def some_events(chance: random.Random) -> list[dict[str, Any]]:
    """With ties, doubles, gaps longer than every window, and some that are known late, or too late."""
    found = []
    for _number in range(chance.randrange(1, 90)):
        scattered = chance.randrange(-600, 1500) * US + chance.randrange(3)
        at = chance.choice([scattered, chance.randrange(-10, 25) * MINUTE])
        late = chance.choice([0, 1, 30 * US, MINUTE, 299 * US, 300 * US, 1000 * US, chance.randrange(400) * US])
        found.append(
            {
                "who": chance.choice("ab"),
                "at": at,
                "known": at + chance.choice([0, late]),
                "x": chance.choice([None, 0.1, 0.2, 1e10 + 0.3, -7.25, 1e-9, chance.random()]),
                "i": chance.choice([None, 1, 2, -5, 2**40, 2**62, -(2**62)]),
                "w": chance.choice([None, "x", "y", "ü"]),
            }
        )
    return found


def let_come(chance: random.Random, events: list[dict[str, Any]], table: Any) -> None:
    """A few at a time, in steps; whoever was held up finds several steps at once."""
    done, step, waiting = 0, 0, list(events)
    while waiting:
        step, count = step + 1, chance.randrange(1, 30)
        came, waiting = waiting[:count], waiting[count:]
        table.take_in(came, step)
        if not waiting or chance.random() < 0.7:
            table.advance(done)
            done = step


class Steps:
    """A table of events, and the rows that the kernel makes of it step by step."""

    def __init__(self) -> None:
        self._db = duckdb.connect()
        self._db.execute("CREATE TABLE events (k0 VARCHAR, t BIGINT, known BIGINT, v0 DOUBLE, v1 BIGINT, v2 VARCHAR)")
        self._db.execute("ALTER TABLE events ADD COLUMN step INTEGER")
        self.rows: dict[Any, Any] = {}

    def take_in(self, events: list[dict[str, Any]], step: int) -> None:
        rows = [[*event.values(), step] for event in events]
        self._db.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def advance(self, done: int) -> None:
        low = [found[-2] for found in self._db.execute(reach_sql(PLAN), {"step": done}).fetchall()]
        self.rows |= self._asked(change_points_sql(PLAN, after=(done, min(low, default=0))))

    def whole(self) -> dict[Any, Any]:
        return self._asked(change_points_sql(PLAN))

    def _asked(self, sql: str) -> dict[Any, Any]:
        def us(moment: datetime) -> int:
            return (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)

        return {(who, us(end), us(known)): tuple(row) for who, end, known, *row in self._db.execute(sql).fetchall()}


@pytest.mark.parametrize("seed", range(24))
def test_batch_and_steps_in_any_order_are_the_reference(seed):
    chance = random.Random(seed)
    events = some_events(chance)
    chance.shuffle(events)
    table = Steps()
    let_come(chance, events, table)
    wanted = reference.change_points(events, AGGREGATIONS, PLAN.slide_seconds)
    assert table.whole() == wanted
    assert table.rows == wanted


@pytest.mark.parametrize("seed", range(40, 46))
def test_as_of_any_moment_the_latest_row_has_what_was_known_then(seed):
    chance = random.Random(seed)
    events = some_events(chance)
    table = Steps()
    table.take_in(events, 1)
    rows = table.whole()
    for _try in range(30):
        moment = chance.randrange(-700, 2500) * US + chance.randrange(US)
        end = moment // MINUTE * MINUTE
        for who in {event["who"] for event in events}:
            mine = [event for event in events if event["who"] == who]
            # As the join takes it: of the latest event time that was known, what was known last.
            seen = [key for key in rows if key[0] == who and max(key[1], key[2]) <= moment]
            known = reference.values(mine, AGGREGATIONS, end, moment)
            if seen:
                assert rows[max(seen)] == known
            else:
                assert known == reference.values([], AGGREGATIONS, end, moment)
