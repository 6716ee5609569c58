"""The area `ingestion`: a CSV file becomes a version, beside what only turns it into Parquet.

Real: the whole portal with its own servers and worker; the file went in by chunks before, so what is measured begins
with the version's job and ends when it is ready: read apart, written encrypted, counted back, digested, profiled. The
peer is pandas with pyarrow (`read_csv`, `to_parquet`), the limit one bare `COPY` of DuckDB: both only write Parquet, in
clear, and look at nothing. Each side is a process of its own, one after the other in each round.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.processes import in_portal
from bench.rows import Row, machine

ROOT = Path(__file__).resolve().parents[2]
ROWS, ROUNDS = 10_000_000, 3
# Of the speed of the bare COPY.
BAR = 0.5
CASE_RACES, RACE_S = "races on one table, killed in between", 60
CASE = "csv to governed version, 10M rows x 10 columns"


def measure() -> list[Row]:
    seen = machine()
    with tempfile.TemporaryDirectory(prefix="sanad-bench-", dir="/tmp") as name:
        folder = Path(name)
        print(f"ingestion: making a CSV file of {ROWS:,} rows", flush=True)
        _side("make", folder)
        bare, pandas = [], []
        for _round in range(ROUNDS):
            bare.append(_side("copy", folder)["seconds"])
            pandas.append(_side("pandas", folder)["seconds"])
        ours, races = _ours(folder), _races(folder)
    print(f"ingestion: at most {ours['peak_mib']:,.0f} MiB in the worker and its child together", flush=True)
    rates = {name: [ROWS / s / 1000 for s in times] for name, times in (("bare", bare), ("pandas", pandas))}
    words: dict[str, Any] = {"ours": [ROWS / s / 1000 for s in ours["seconds"]], "limit": rates["bare"]}
    words |= {"machine": seen}
    return [
        Row.of_rates(
            "ingestion", CASE, "1000 rows/s", peer=rates["bare"], peer_name="bare DuckDB COPY", bar=BAR, **words
        ),
        Row.of_rates("ingestion", CASE, "1000 rows/s", peer=rates["pandas"], peer_name="pandas", **words),
        *races,
    ]


def _races(folder: Path) -> list[Row]:
    """Acts per second, and a bar that nothing was wrong: the share of races without a wrong row, of one."""
    out, seen = folder / "races.json", machine()
    print(f"ingestion: {RACE_S} s of writers, compaction, expiry and pinned reads, killed in between", flush=True)
    in_portal("bench.ingestion.racing", str(out), str(RACE_S))
    said: dict[str, Any] = json.loads(out.read_text())
    wrong = {name: count for name, count in said["wrong"].items() if count}
    print(f"ingestion: {said['done']}, {said['kills']} killed, {said['rows']:,} rows; wrong: {wrong or 'nothing'}")
    words: dict[str, Any] = {"peer": [1.0], "peer_name": "no wrong row", "limit": [1.0], "machine": seen}
    return [Row.of_rates("ingestion", CASE_RACES, "sound races", ours=[0.0 if wrong else 1.0], bar=1.0, **words)]


def _side(act: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.ingestion.sides", act, str(folder), str(ROWS)]
    answer = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def _ours(folder: Path) -> dict[str, Any]:
    out = folder / "ours.json"
    print("ingestion: starting a portal and sending the file", flush=True)
    in_portal("bench.ingestion.ours", str(folder / "table.csv"), str(out), str(ROUNDS))
    found: dict[str, Any] = json.loads(out.read_text())
    return found
