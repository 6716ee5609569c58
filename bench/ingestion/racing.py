"""Appends, upserts, deletes, compaction, expiry and pinned reads on one table at once, by processes that are killed.

Each writer owns the ids that leave its number when divided by the count of writers, and keeps a journal of what it is
about to do and what it has done. So what has to be in the table is known row by row, but for the one act in which a
writer was killed: that one is in as a whole or not at all, and whoever follows it looks which.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa

TABLE, WRITERS, ROWS = "race", 4, 40
ACTS = ("append", "upsert", "delete", "compact", "expire", "pinned read")
_FORK = multiprocessing.get_context("fork")
_READ_WITHIN = timedelta(seconds=5)
State = dict[int, int]


@dataclass
class Outcome:
    """What a race did, and what was wrong afterwards; all of `wrong` is to be 0."""

    done: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    rows: int = 0
    seconds: float = 0.0
    wrong: Counter[str] = field(default_factory=Counter)


def race(tenant_id: UUID, folder: Path, seconds: float, *, seed: int = 1) -> Outcome:
    """Let them race for so long and compare; `folder` is empty and keeps the journals."""
    from django.db import connections

    from foundation.lake import for_tenant

    chance, outcome = random.Random(seed), Outcome()  # noqa: S311 - a play, no secret
    for_tenant(tenant_id).write(TABLE, _table({}), mode="append")
    connections.close_all()  # what is open here a child would speak through as well
    acts: dict[str, Callable[[UUID, Path, int], None]] = {f"writer-{n}": _write for n in range(WRITERS)}
    acts |= {"compactor-0": _compact, "expirer-0": _expire, "reader-0": _read}
    # Nothing may have been opened here that a child would inherit.
    running = {name: _start(act, tenant_id, folder, name) for name, act in acts.items()}
    began = time.monotonic()
    while time.monotonic() - began < seconds or not _all_happened(folder, began + 10 * seconds):
        time.sleep(chance.uniform(0.2, 0.8))
        name = chance.choice(sorted(running))
        if not running[name].is_alive():
            raise RuntimeError(f"{name} ended by itself with {running[name].exitcode}")
        running[name].kill()
        running[name].join()
        outcome.kills += 1
        running[name] = _start(acts[name], tenant_id, folder, name)
    (folder / "over").touch()
    for name, process in running.items():
        process.join(120)
        if process.exitcode != 0:
            outcome.wrong[f"{name} ended with {process.exitcode}"] += 1
    outcome.seconds = time.monotonic() - began
    _compare(tenant_id, folder, outcome)
    return outcome


def _all_happened(folder: Path, latest: float) -> bool:
    """A race in which something never happened has shown nothing; a machine that is too busy for one is said to be."""
    if time.monotonic() > latest:
        raise TimeoutError(f"Not every act came to its turn: {sorted(path.name for path in folder.glob('did-*'))}")
    return all((folder / f"did-{act}").exists() for act in ACTS)


def _start(act: Callable[[UUID, Path, int], None], tenant_id: UUID, folder: Path, name: str) -> Any:
    process = _FORK.Process(target=act, args=(tenant_id, folder, int(name.rpartition("-")[2])), name=name)
    process.start()
    return process


def _write(tenant_id: UUID, folder: Path, number: int) -> None:
    """Append, replace and delete rows of one's own until it is over."""
    from foundation.lake import for_tenant

    lake, journal = for_tenant(tenant_id), _Journal(folder / f"writer-{number}", number)
    journal.settle(lake)
    while not (folder / "over").exists():
        kind, wanted = journal.plan()
        journal.begin(kind, wanted)
        _do(lake, kind, wanted, f"w{number}-{journal.count}")
        journal.end()
        _count(folder, kind)


def _do(lake: Any, kind: str, wanted: dict[int, int | None], mark: str) -> None:
    if kind == "delete":
        lake.erase_rows(TABLE, f"id IN ({', '.join(map(str, wanted))})")
        return
    rows = _table({row: value for row, value in wanted.items() if value is not None})
    if kind == "append":
        lake.write(TABLE, rows, mode="append", mark=mark, writer="appends")
        return
    _upsert(lake, rows, mark)


def _upsert(lake: Any, rows: pa.Table, mark: str) -> None:
    """Against whatever the last one left: who came second begins anew."""
    from foundation.lake import MarkMoved

    staged = lake.write(f"in_{mark.replace('-', '_')}", rows, mode="replace")
    while True:
        try:
            lake.merge(TABLE, staged, base=lake.current(TABLE), after=lake.mark_of(TABLE), mark=mark, keys=["id"])
            break
        except MarkMoved:
            continue
    lake.drop(staged.table)


class _Journal:
    """What a writer has done, line by line; the last line may be something that it did not live to see through."""

    def __init__(self, path: Path, number: int) -> None:
        self._path, self._number = path, number
        self._chance = random.Random(f"{number}-{os.getpid()}")  # noqa: S311
        self.state: State = {}
        self.open: dict[int, int | None] | None = None
        self.count, self.next = 0, 0
        for line in path.read_text().splitlines() if path.exists() else ():
            self._replay(json.loads(line))

    def _replay(self, said: dict[str, Any]) -> None:
        if said["step"] == "begin":
            self.open = {int(row): value for row, value in said["rows"]}
            self.count += 1
            self.next = max([self.next, *(row + 1 for row in self.open)])
        elif said["step"] == "end":
            self._take()
        else:
            self.open = None

    def _take(self) -> None:
        for row, value in (self.open or {}).items():
            if value is None:
                self.state.pop(row, None)
            else:
                self.state[row] = value
        self.open = None

    def plan(self) -> tuple[str, dict[int, int | None]]:
        """The next act: rows with the values that they will have, None where they will be gone."""
        known = sorted(self.state)
        some = self._chance.sample(known, min(len(known), ROWS // 2))
        kind = self._chance.choice(["append", "append", "upsert", "upsert", "delete"]) if some else "append"
        if kind == "delete":
            return kind, dict.fromkeys(some, None)
        fresh = self._fresh(ROWS if kind == "append" else ROWS // 2)
        return kind, dict.fromkeys(fresh if kind == "append" else [*some, *fresh], self.count)

    def _fresh(self, count: int) -> list[int]:
        """Ids of one's own that nobody has had."""
        first = self.next + (self._number - self.next) % WRITERS
        return [first + WRITERS * step for step in range(count)]

    def begin(self, kind: str, wanted: dict[int, int | None]) -> None:
        self._put({"step": "begin", "kind": kind, "rows": list(wanted.items())})

    def end(self) -> None:
        self._put({"step": "end"})

    def settle(self, lake: Any) -> None:
        """Find out whether the act in which the one before was killed is in; half of it would be wrong."""
        if self.open is None:
            return
        there = _rows(lake, lake.current(TABLE), self._number)
        after = {**self.state, **{row: value for row, value in self.open.items() if value is not None}}
        after = {row: value for row, value in after.items() if row not in self.open or self.open[row] is not None}
        if there not in (Counter(self.state.items()), Counter(after.items())):
            self._put({"step": "torn"})
            (self._path.parent / f"torn-{self._number}-{self.count}").touch()
            return
        self._put({"step": "end" if there == Counter(after.items()) else "never"})

    def _put(self, said: dict[str, Any]) -> None:
        with self._path.open("a") as file:
            file.write(json.dumps(said) + "\n")
        self._replay(said)


def _compact(tenant_id: UUID, folder: Path, _number: int) -> None:
    from foundation.lake import for_tenant

    lake = for_tenant(tenant_id)
    while not (folder / "over").exists():
        lake.compact(TABLE, fewest=3)
        _count(folder, "compact")


def _expire(tenant_id: UUID, folder: Path, _number: int) -> None:
    from foundation.clock import now
    from foundation.lake import LakeUnavailable, TableAt, for_tenant

    lake = for_tenant(tenant_id)
    while not (folder / "over").exists():
        before = now() - _READ_WITHIN
        keep = [TableAt(TABLE, int(path.name.partition("-")[2])) for path in folder.glob("pin-*")]
        try:
            lake.expire(keep=keep, before=before)
            _count(folder, "expire")
        except LakeUnavailable:
            _count(folder, "expiry that gave way")


def _read(tenant_id: UUID, folder: Path, number: int) -> None:
    """Pin the table as it is, and look at what was pinned before once more."""
    from foundation.lake import for_tenant

    lake, chance = for_tenant(tenant_id), random.Random(os.getpid())  # noqa: S311
    while not (folder / "over").exists():
        at = lake.current(TABLE)
        unnamed = folder / f"unnamed-{number}"
        unnamed.write_text(lake.digest(at))
        unnamed.rename(folder / f"pin-{at.snapshot}")
        _look(lake, chance.choice(sorted(folder.glob("pin-*"))), folder)
        _count(folder, "pinned read")


def _look(lake: Any, pin: Path, folder: Path) -> None:
    from foundation.lake import TableAt

    if lake.digest(TableAt(TABLE, int(pin.name.partition("-")[2]))) != pin.read_text():
        (folder / f"changed-{pin.name}").touch()


def _compare(tenant_id: UUID, folder: Path, outcome: Outcome) -> None:
    """Every row of every writer against its journal, the count against the rows, every pin against its digest."""
    from foundation.lake import for_tenant

    lake = for_tenant(tenant_id)
    at, wanted = lake.current(TABLE), Counter[tuple[int, int]]()
    for number in range(WRITERS):
        journal = _Journal(folder / f"writer-{number}", number)
        journal.settle(lake)
        wanted += Counter(journal.state.items())
    there = _rows(lake, at)
    ids, wanted_ids = Counter(row for row, _value in there.elements()), {row for row, _value in wanted}
    outcome.rows = there.total()
    outcome.wrong["doubled"] = sum(count - 1 for count in ids.values())
    outcome.wrong["risen"] = sum(1 for row in ids if row not in wanted_ids)
    outcome.wrong["lost"] = sum(1 for row in wanted_ids if row not in ids)
    outcome.wrong["with another value"] = len(wanted - there) - outcome.wrong["lost"]
    outcome.wrong["not counted"] = abs(lake.count(at) - there.total())
    for pin in folder.glob("pin-*"):
        _look(lake, pin, folder)
    outcome.wrong["pins that changed"] = len(list(folder.glob("changed-*")))
    outcome.wrong["torn"] = len(list(folder.glob("torn-*")))
    for tally in folder.glob("did-*"):
        outcome.done[tally.name.removeprefix("did-")] += tally.stat().st_size


def _count(folder: Path, act: str) -> None:
    with (folder / f"did-{act}").open("ab") as file:
        file.write(b".")


def _rows(lake: Any, at: Any, writer: int | None = None) -> Counter[tuple[int, int]]:
    found = lake.read(at).read_all()
    pairs = zip(found["id"].to_pylist(), found["value"].to_pylist(), strict=True)
    return Counter(pair for pair in pairs if writer is None or pair[0] % WRITERS == writer)


def _table(rows: State) -> pa.Table:
    return pa.table({"id": pa.array(rows, pa.int64()), "value": pa.array(rows.values(), pa.int64())})


def main(out: Path, seconds: float) -> int:
    """Under the launcher's `run`: race in the lake of its tenant, and write what came of it."""
    import django

    django.setup()
    from foundation.tenancy import every_tenant

    tenant = every_tenant()[0]
    with tempfile.TemporaryDirectory(prefix="sanad-race-") as name:
        outcome = race(tenant.pk, Path(name), seconds)
    out.write_text(json.dumps(vars(outcome)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), float(sys.argv[2])))
