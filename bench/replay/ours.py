"""Runs beside the launcher's database and broker: replays the year, and counts whatever differs.

`python -m bench.replay.ours OUT FLIGHTS STEPS` writes what `cases` reads. After each step moments are drawn between it
and the next; every carrier and airport is asked for at each, and all that is served is compared by the monitor before
more flights come. At the end every change point is compared with those of a view over a version of the same flights,
every value online with what lies there, and drawn moments of the whole year with a slow reference.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from bench.replay import arrivals, reference
from bench.replay.portal import SECOND, Portal, begin, moment, move
from sanad.samples import landed

MOMENTS, DRAWN, AT_ONCE = 3, 400, 5
TOLD_EVERY = 20
# Between two long steps come short ones, in which flights fall into windows that others are still in.
SHORT = (3_600, 1_200, 300)
# The version that says what the columns hold is made of the first flights.
FIRST = 500
Counts = dict[str, Any]


def main(out: Path, count: int, steps: int) -> int:
    told = arrivals.flights(count or None)
    for _at, event in told:
        event[landed.KNOWN_TIME] = moment(_at).isoformat()
    begin(told[0][0])
    replay = Replay(Portal(), told, steps)
    found = replay.begun() | replay.stepped()
    found |= {"changed": replay.as_batch(), "online": replay.at_last(), "slow": replay.slowly()}
    found["compared"], found["different"] = replay.monitored()
    out.write_text(json.dumps(found))
    return 0


class Replay:
    def __init__(self, portal: Portal, told: list[tuple[int, arrivals.Flight]], steps: int) -> None:
        self._portal, self._told = portal, told
        # What lies online follows from the step that wrote it: nobody asks for what was before.
        self._now_us = told[0][0]
        self._chance = random.Random(2013)  # noqa: S311 - drawn moments, no secret
        widest = (told[-1][0] - told[0][0]) * (len(SHORT) + 1) // steps - sum(SHORT) * SECOND
        self._widths = [max(widest, SECOND), *(seconds * SECOND for seconds in SHORT)]
        self._words = {words["name"]: words for words in landed.views()}
        self._of = {entity: sorted({event[entity] for _at, event in told}) for entity in landed.ENTITIES}
        self._views: list[Any] = []
        self._last: dict[Any, dict[str, list[tuple[int, tuple[Any, ...]]]]] = {}

    def begun(self) -> Counts:
        """The stream with its first flights, and the sample's windows over it, every answer of which is compared."""
        first = min(FIRST, len(self._told) // 10)
        move(self._told[first - 1][0])
        portal = self._portal
        self._stream = portal.stream(landed.STREAM, landed.COLUMNS, landed.EVENT_TIME)
        portal.push(self._stream, [event for _at, event in self._told[:first]])
        portal.consume(self._stream)
        portal.version(self._stream)
        self._views = [portal.windows(words, stream_id=self._stream.pk) for words in self._words.values()]
        for view in self._views:
            portal.watch(view)
        self._rest = self._told[first:]
        return {"flights": len(self._told)}

    def stepped(self) -> Counts:
        spent = {"push": 0.0, "rows": 0.0, "windows": 0.0, "served": 0.0, "compared": 0.0}
        steps, began, servers = 0, time.monotonic(), _servers_s()
        parts = list(arrivals.parts(self._rest, self._widths))
        for (at_us, events), following in zip(parts, [*(at for at, _events in parts[1:]), None], strict=True):
            move(at_us)
            self._now_us = at_us
            with _spent(spent, "push"):
                for start in range(0, len(events), 10_000):
                    self._portal.push(self._stream, events[start : start + 10_000])
            with _spent(spent, "rows"):
                self._portal.consume(self._stream)
            with _spent(spent, "windows"):
                self._portal.work()
            with _spent(spent, "served"):
                self._ask(at_us, following or at_us + 86_400 * SECOND)
            with _spent(spent, "compared"):
                self._portal.check()
            steps += 1
            if steps % TOLD_EVERY == 0:
                print(f"replay: {moment(at_us):%d %B %Y}, {time.monotonic() - began:.0f} s", flush=True)
        return {
            "steps": steps,
            "seconds": round(time.monotonic() - began, 1),
            "spent": {name: round(value, 2) for name, value in spent.items()},
            "servers": round(_servers_s() - servers, 2),
        }

    def _ask(self, first_us: int, last_us: int) -> None:
        drawn = (self._chance.randrange(first_us, last_us) for _n in range(MOMENTS - 1))
        for at_us in (first_us, *drawn):
            for view in self._views:
                for entities in self._entities(view):
                    self._portal.read(view, entities, at_us)

    def _entities(self, view: Any) -> Iterator[list[dict[str, str]]]:
        """As many at once as one request is sampled of."""
        key = view.entity.name
        known = [{key: value} for value in self._of[key]]
        for start in range(0, len(known), AT_ONCE):
            yield known[start : start + AT_ONCE]

    def monitored(self) -> tuple[int, int]:
        sums = [self._portal.found(view) for view in self._views]
        return sum(compared for compared, _different in sums), sum(different for _compared, different in sums)

    def as_batch(self) -> Counts:
        """Every change point of the year beside that of a view over a version of the same flights."""
        found: Counts = {"compared": 0, "different": 0, "spent": {}}
        version = self._portal.version(self._stream)
        for view in self._views:
            words = {**self._words[view.name], "name": f"{view.name}_at_once"}
            with _spent(found["spent"], view.name):
                batch = self._portal.windows(words, version_id=version.pk)
            here, there = (self._as_dict(one) for one in (view, batch))
            self._last[view.pk] = _by_entity(here)
            found["compared"] += len(here.keys() | there.keys())
            found["different"] += sum(here.get(key) != there.get(key) for key in here.keys() | there.keys())
        return found

    def at_last(self) -> Counts:
        """What each entity has online at the end beside what lies there."""
        found = {"compared": 0, "different": 0}
        for view in self._views:
            rows = self._last[view.pk]
            for entities in self._entities(view):
                for entity, answer in zip(entities, self._portal.read(view, entities, self._now_us), strict=True):
                    lies = _as_of(rows.get(entity[view.entity.name], []), self._now_us)
                    found["compared"] += 1
                    found["different"] += tuple(answer["features"][name] for name in view.feature_names) != lies
        return found

    def slowly(self) -> Counts:
        """Drawn moments of the year: the row that a join would see beside the reference."""
        found = {"compared": 0, "different": 0}
        flights = [event for _at, event in self._told]
        first_us, last_us = self._told[0][0], self._told[-1][0]
        for view in self._views:
            key = view.entity.name
            known = {name: reference.known(flights, key, name) for name in self._of[key]}
            rows = self._last[view.pk]
            for _n in range(DRAWN):
                name, at_us = self._chance.choice(self._of[key]), self._chance.randrange(first_us, last_us)
                row = _as_of(rows.get(name, []), at_us)
                wanted = reference.values(known[name], self._words[view.name], at_us)
                found["compared"] += 1
                found["different"] += (row or _nothing(wanted)) != wanted
        return found

    def _as_dict(self, view: Any) -> dict[tuple[str, int, int], tuple[Any, ...]]:
        rows = self._portal.rows(view)
        name, event, known, *values = (rows.column(place) for place in range(rows.num_columns))
        moments = (column.cast("timestamp[us]").cast("int64").to_pylist() for column in (event, known))
        keys = zip(name.to_pylist(), *moments, strict=True)
        return dict(zip(keys, zip(*(column.to_pylist() for column in values), strict=True), strict=True))


def _by_entity(rows: dict[tuple[str, int, int], tuple[Any, ...]]) -> dict[str, list[tuple[int, tuple[Any, ...]]]]:
    found: dict[str, list[tuple[int, tuple[Any, ...]]]] = {}
    for (name, _event, known), values in rows.items():
        found.setdefault(name, []).append((known, values))
    for mine in found.values():
        mine.sort(key=lambda one: one[0])
    return found


def _as_of(rows: list[tuple[int, tuple[Any, ...]]], at_us: int) -> tuple[Any, ...] | None:
    place = bisect_right(rows, at_us, key=lambda one: one[0])
    return rows[place - 1][1] if place else None


def _nothing(wanted: tuple[Any, ...]) -> tuple[Any, ...]:
    """Before its first flight an entity has no row; the reference counts none."""
    return tuple(0 if value == 0 else None for value in wanted)


@contextmanager
def _spent(into: dict[str, float], name: str) -> Iterator[None]:
    """Processor seconds of this process and what it started, added up under a name."""
    began = _own_s()
    yield
    into[name] = into.get(name, 0.0) + _own_s() - began


def _own_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _servers_s() -> float:
    """Processor seconds of database and broker so far."""
    total = 0.0
    for process in psutil.Process().parent().children(recursive=True):  # type: ignore[union-attr]
        try:
            if process.name() in {"postgres", "valkey-server"}:
                times = process.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
        except psutil.Error:
            continue  # it ended meanwhile
    return total


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
