"""Runs under the launcher's `run`: sends a folder, then looks at pages of a large table.

`python -m bench.sizes.ours FOLDER OUT FILES ONE_BY_ONE ROWS`; FOLDER is empty and takes what is made here.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from bench.ingestion.ours import PROJECT, Watch
from sanad.client import Client
from sanad.sources import Folder

ROUNDS = 3
_TABLE = "sizes"
_ROWS = "SELECT i AS id, hash(i) %% 1000000 AS amount, 'place ' || (hash(i) %% 97) AS place FROM range(%(rows)d) t(i)"


def main(folder: Path, out: Path, files: int, one_by_one: int, rows: int) -> int:
    home, url = Path(os.environ["SANAD_HOME"]), os.environ["SANAD_URL"]
    people = json.loads((home / "credentials.json").read_text())["people"]
    token = next(person["token"] for person in people if person["role"] == "scientist")
    client = Client(url, token, PROJECT)
    client.projects.ensure(PROJECT, name="Bench", purpose="Many files")
    found = _folder(client, folder / "months", files, one_by_one)
    print(f"sizes: the folder: {found}", flush=True)
    out.write_text(json.dumps({**found, "pages": _pages(folder, rows)}))
    return 0


def _folder(client: Client, folder: Path, files: int, one_by_one: int) -> dict[str, Any]:
    _make(folder, files)
    began = time.perf_counter()
    for path in folder.rglob("*.csv"):
        hashlib.sha256(path.read_bytes()).digest()
    bare = time.perf_counter() - began
    began = time.perf_counter()
    for path in sorted(folder.rglob("*.csv"))[:one_by_one]:
        client.datasets.upload(path)
    single = time.perf_counter() - began
    watch, portal_cpu, own_cpu, told = Watch(), _cpu_of_portal(), _own_cpu(), list[int]()
    with watch:
        began = time.perf_counter()
        source = Folder(folder)
        version = client.datasets.push(source, name="months", told=lambda *said: told.append(said[2]), timeout_s=7200)
        seconds = time.perf_counter() - began
    if version["row_count"] != 20 * files:
        raise RuntimeError(f"{version['row_count']} rows of {20 * files} are there")
    return {
        "seconds": seconds,
        "one_by_one_s": single,
        "bare_s": bare,
        "requests": len(told) + 2,
        "cpu_client": _own_cpu() - own_cpu,
        "cpu_portal": _cpu_of_portal() - portal_cpu,
        "peak_client_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "peak_mib": watch.peak / 2**20,
    }


def _make(folder: Path, files: int) -> None:
    """A thousand to a folder, twenty rows each."""
    for number in range(files):
        path = folder / f"{number // 1000:04}" / f"{number:06}.csv"
        if number % 1000 == 0:
            path.parent.mkdir(parents=True)
        lines = "".join(f"{number},{row},2026-01-{row + 1:02},place {row % 7}\n" for row in range(20))
        path.write_text(f"file,row,day,place\n{lines}")


def _own_cpu() -> float:
    return time.process_time()


def _cpu_of_portal() -> float:
    """Of all that the launcher started, and what of it has ended since; this process is left out."""
    total, own = 0.0, os.getpid()
    for process in psutil.Process(os.getppid()).children(recursive=True):
        if process.pid != own:
            spent = process.cpu_times()
            total += spent.user + spent.system + spent.children_user + spent.children_system
    return total


def _pages(folder: Path, rows: int) -> dict[str, dict[str, list[float]]]:
    """Seconds of each look, through the lake as the page looks and through DuckDB alone."""
    import django

    django.setup()
    import duckdb

    from foundation.lake import Condition, for_tenant
    from foundation.tenancy import every_tenant

    tables = for_tenant(every_tenant()[0].pk)
    sql = _ROWS % {"rows": rows}
    at = tables.write_query(_TABLE, sql, {})
    bare, clear = duckdb.connect(config={"memory_limit": "2GB"}), folder / "rows.parquet"
    bare.execute(f"COPY ({sql}) TO '{clear}'")
    looks: dict[str, tuple[Callable[[], Any], str]] = {
        "first page": (lambda: tables.preview(at), ""),
        "a page in the middle": (lambda: tables.preview(at, offset=rows // 2), f"LIMIT 50 OFFSET {rows // 2}"),
        "sorted by a number": (lambda: tables.preview(at, order_by="amount"), "ORDER BY amount"),
        "sorted by a text, backwards": (
            lambda: tables.preview(at, order_by="place", descending=True),
            "ORDER BY place DESC",
        ),
        "filtered": (
            lambda: tables.preview(at, where=[Condition("amount", "=", 77)]),
            "WHERE amount = 77",
        ),
    }
    found = {}
    for case, (ours, words) in looks.items():
        sides: dict[str, Callable[[], Any]] = {"ours": ours, "bare": partial(_bare, bare, clear, words)}
        found[case] = {side: [_timed(act) for _round in range(ROUNDS)] for side, act in sides.items()}
        print(f"sizes: {case}: {found[case]}", flush=True)
    tables.drop(_TABLE)
    return found


def _bare(connection: Any, clear: Path, words: str) -> Any:
    asked = f"FROM '{clear}' {words}" + ("" if "LIMIT" in words else " LIMIT 50")
    return connection.execute(asked).to_arrow_table()


def _timed(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:6])))
