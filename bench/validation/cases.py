"""The area `validation`: twelve expectations over ten million rows of one Parquet file.

Real: our side asks the lake, where the same rows lie encrypted, through the code that every version passes. The peers
are great_expectations over pandas and pandera over polars; the limit is a lazy polars scan that only computes the same
counts. They read a file of the same form in clear, from the disk, with their modules loaded; ours asks the table in
the lake. Each side is a process of its own that does its rounds one after the other, and all must find the same rows
at fault. What a round took of the processor is said too: that tells of the code where others use the machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.processes import in_portal
from bench.rows import Row, machine

ROOT = Path(__file__).resolve().parents[2]
ROWS, ROUNDS = int(os.environ.get("SANAD_BENCH_ROWS", "10000000")), 3
CASE = f"12 expectations over {ROWS / 1_000_000:g}M rows x 10 columns"
# The least ratio to each peer, and to the bare scan.
BARS = {"great_expectations": 8.0, "pandera": 3.0}
BAR_OF_SCAN = 0.5


def measure() -> list[Row]:
    seen = machine()
    with tempfile.TemporaryDirectory(prefix="sanad-bench-", dir="/tmp") as name:
        folder = Path(name)
        print(f"validation: making a Parquet file of {ROWS:,} rows", flush=True)
        _side("make", folder, 1)
        found = {
            side: _side(side, folder, 1 if side == "great_expectations" else ROUNDS)
            for side in ("polars", "pandera", "great_expectations")
        }
        ours = _ours(folder)
    _check_same(ours["failing"], found)
    rates = {side: [ROWS / one / 1000 for one in said["seconds"]] for side, said in found.items()}
    words: dict[str, Any] = {"ours": [ROWS / s / 1000 for s in ours["seconds"]], "limit": rates["polars"]}
    words |= {"machine": seen}
    rows = [
        Row.of_rates("validation", CASE, "1000 rows/s", peer=rates[side], peer_name=side, bar=bar, **words)
        for side, bar in BARS.items()
    ]
    scan = Row.of_rates(
        "validation", CASE, "1000 rows/s", peer=rates["polars"], peer_name="polars scan", bar=BAR_OF_SCAN, **words
    )
    return [*rows, scan]


def _check_same(ours: list[int], found: dict[str, dict[str, Any]]) -> None:
    """A side that counts something else would be measured at something else. pandera says how many checks fail."""
    for side in ("polars", "great_expectations"):
        if found[side]["failing"] != ours:
            raise RuntimeError(f"{side} finds other rows at fault: {found[side]['failing']}, and ours {ours}.")
    if found["pandera"]["failing"] != [sum(count > 0 for count in ours)]:
        raise RuntimeError(f"pandera finds other expectations at fault: {found['pandera']['failing']}, ours {ours}.")


def _side(act: str, folder: Path, rounds: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.validation.sides", act, str(folder), str(ROWS), str(rounds)]
    answer = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return _told(act, json.loads(answer.stdout.splitlines()[-1]))


def _told(side: str, found: dict[str, Any]) -> dict[str, Any]:
    clock, processor = (", ".join(f"{one:.2f}" for one in found[kind]) for kind in ("seconds", "processor"))
    print(f"validation: {side}: {clock} s, of the processor {processor} s", flush=True)
    return found


def _ours(folder: Path) -> dict[str, Any]:
    out = folder / "ours.json"
    print("validation: starting a portal and writing the file into its lake", flush=True)
    in_portal("bench.validation.ours", str(folder / "table.parquet"), str(out), str(ROWS), str(ROUNDS))
    return _told("ours", json.loads(out.read_text()))
