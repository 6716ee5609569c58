"""The area `features`: joined as of each label's time, put online and read there, beside feast.

Real: our side asks a portal, in which the views were defined over uploaded files as people define them; its rows lie
encrypted in the lake, and were marked when the views were computed. feast reads Parquet in clear, in the versions it
wants (an environment of its own), and so does the limit, an ASOF join written by hand. All answer with a table in
memory; feast's sides are processes of their own that do their rounds one after the other, ours and the one by hand
take turns in one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.features.bars import online_rows
from bench.features.environment import ROOT, feast_python
from bench.processes import in_portal
from bench.rows import Row, machine

ROWS, KEYS = int(os.environ.get("SANAD_BENCH_ROWS", "1000000")), 50_000
ONLINE = int(os.environ.get("SANAD_BENCH_KEYS", "200000"))
JOIN = f"point-in-time join, {ROWS / 1_000_000:g}M labels x 3 views of {ROWS / 1_000_000:g}M rows"
# The first of ours and of the one by hand opens files; the median of seven is none of the first.
ROUNDS = {"duckdb": 3, "dask": 1, "ours": 7}
BARS = {"duckdb": 5.0, "dask": 30.0}
# Within 1.5 times of what a hand-written join takes.
BAR_OF_HAND = 1 / 1.5


def measure() -> list[Row]:
    seen, python = machine(), feast_python()
    with tempfile.TemporaryDirectory(prefix="sanad-bench-", dir="/tmp") as name:
        folder = Path(name)
        _run(sys.executable, "-m", "bench.features.data", str(folder), str(ROWS), str(KEYS), str(ONLINE))
        ours = _ours(folder)
        feasts = {act: _feast(python, act, folder, ROUNDS[act]) for act in BARS}
    joined, hand = ours["join"]["ours"], ours["join"]["hand"]
    _check_same(joined, hand, feasts)
    return [*_join_rows(joined, hand, feasts, seen), *online_rows(ours, ONLINE, seen)]


def _join_rows(
    ours: dict[str, Any], hand: dict[str, Any], feasts: dict[str, dict[str, Any]], seen: dict[str, Any]
) -> list[Row]:
    rates: dict[str, Any] = {"ours": _rates(ours), "limit": _rates(hand), "machine": seen}
    of_hand = Row.of_rates(
        "features", JOIN, "1000 labels/s", peer=_rates(hand), peer_name="ASOF by hand", bar=BAR_OF_HAND, **rates
    )
    of_feast = [
        Row.of_rates(
            "features", JOIN, "1000 labels/s", peer=_rates(feasts[act]), peer_name=f"feast, {act}", bar=bar, **rates
        )
        for act, bar in BARS.items()
    ]
    return [*of_feast, of_hand]


def _rates(found: dict[str, Any]) -> list[float]:
    return [ROWS / seconds / 1000 for seconds in found["seconds"]]


def _check_same(ours: dict[str, Any], hand: dict[str, Any], feasts: dict[str, dict[str, Any]]) -> None:
    """Every label comes back from us; feast may drop those that nothing was known of, which is said."""
    if ours["rows"] != ROWS:
        raise RuntimeError(f"{ROWS} labels were joined and {ours['rows']} came back.")
    print(f"features: by hand {hand['known']} of {hand['rows']} rows have a value, ours {ours['known']}", flush=True)
    for act, found in feasts.items():
        print(f"features: feast with {act}: {found['known']} of {found['rows']} rows have a value", flush=True)


def _feast(python: Path, act: str, folder: Path, rounds: int) -> dict[str, Any]:
    return _told(
        act, _run(str(python), str(ROOT / "bench/features/feast_side.py"), act, str(folder), str(rounds), str(KEYS))
    )


def _run(*command: str) -> dict[str, Any]:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[-4:])} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {}
    return found


def _told(side: str, found: dict[str, Any]) -> dict[str, Any]:
    print(f"features: {side}: {', '.join(f'{one:.2f}' for one in found['seconds'])} s", flush=True)
    return found


def _ours(folder: Path) -> dict[str, Any]:
    out = folder / "ours.json"
    print("features: starting a portal and defining the views", flush=True)
    in_portal("bench.features.ours", str(folder), str(out), str(ROUNDS["ours"]), str(ONLINE))
    found: dict[str, Any] = json.loads(out.read_text())
    for side in ("ours", "hand"):
        _told(side, found["join"][side])
    return found


if __name__ == "__main__":
    raise SystemExit(bool([row for row in measure() if row.missed]))
