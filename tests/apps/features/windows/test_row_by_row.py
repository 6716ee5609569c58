"""In whatever order events come, and in how many steps: the rows of SQL over them are those of a slow look."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

from apps.features.services.windows.plans import Plan
from apps.features.services.windows.row_by_row import rows_sql
from tests.apps.features.windows.reference import SECOND as US
from tests.apps.features.windows.test_kernel import let_come, some_events

PLAN = Plan(("who",), "at", "known", 0, ("x", "w"), ())


def wanted(events: list[dict[str, Any]]) -> dict[Any, Any]:
    """{(entity, event time, known since): (values, whether a join sees it at some moment)}, said slowly."""
    found = {}
    for event in events:
        alike = [other for other in events if _place(other) == _place(event)]
        before = [other for other in events if other["who"] == event["who"] and _seen(other) <= _seen(event)]
        latest = max((other["at"], other["known"]) for other in before)
        values = min((_large(other["x"]), _large(other["w"])) for other in alike)
        plain = tuple(one[1] if one[0] == 0 else None for one in values)
        found[_place(event)] = (plain, (event["at"], event["known"]) == latest)
    return found


def _place(event):
    return event["who"], event["at"], event["known"]


def _seen(event):
    return max(event["at"], event["known"])


def _large(value):
    """What is missing comes last."""
    return (1, 0) if value is None else (0, value)


class Steps:
    """A table of events, and the rows that are made of it step by step."""

    def __init__(self) -> None:
        self._db = duckdb.connect()
        self._db.execute(
            "CREATE TABLE events (k0 VARCHAR, t BIGINT, known BIGINT, v0 DOUBLE, v1 VARCHAR, step INTEGER)"
        )
        self.rows: dict[Any, Any] = {}

    def take_in(self, events: list[dict[str, Any]], step: int) -> None:
        rows = [[*_place(event), event["x"], event["w"], step] for event in events]
        self._db.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", rows)

    def advance(self, done: int) -> int:
        changed = self._asked(rows_sql(PLAN, after=done))
        self.rows |= changed
        return len(changed)

    def whole(self) -> dict[Any, Any]:
        return self._asked(rows_sql(PLAN))

    def _asked(self, sql: str) -> dict[Any, Any]:
        def us(moment: datetime) -> int:
            return (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)

        found = self._db.execute(sql).fetchall()
        return {(who, us(at), us(known)): ((x, w), shown) for who, at, known, x, w, shown in found}


@pytest.mark.parametrize("seed", range(24))
def test_batch_and_steps_in_any_order_are_the_slow_look(seed):
    chance = random.Random(seed)
    events = some_events(chance)
    # Some were known before they happened, and several then at once.
    events += [{**event, "known": event["at"] - chance.randrange(3) * US} for event in events[::4]]
    chance.shuffle(events)
    table = Steps()
    let_come(chance, events, table)
    assert table.whole() == wanted(events)
    assert table.rows == wanted(events)


@pytest.mark.parametrize("seed", range(40, 46))
def test_as_of_any_moment_the_row_that_is_seen_is_the_newest_that_was_known(seed):
    chance = random.Random(seed)
    events = some_events(chance)
    table = Steps()
    table.take_in(events, 1)
    rows = table.whole()
    for _try in range(30):
        moment = chance.randrange(-700, 2500) * US + chance.randrange(US)
        for who in {event["who"] for event in events}:
            known = [key for key in rows if key[0] == who and max(key[1:]) <= moment]
            # As the join takes it: of the rows that are marked, what was seen last.
            seen = max((max(key[1:]), key) for key in known if rows[key][1])[1] if known else None
            assert seen == max(known, default=None)


def test_what_comes_in_order_changes_no_row_that_is_there():
    table = Steps()
    events = [{"who": "a", "at": n * US, "known": n * US, "x": float(n), "w": None} for n in range(1000)]
    table.take_in(events[:999], 1)
    table.advance(0)
    table.take_in(events[999:], 2)
    assert table.advance(1) == 1
