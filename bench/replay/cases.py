"""The area `replay`: all flights of 2013 once more, as they became known, through stream, windows and online store.

Real: events are pushed into a stream as people push them, its consumer writes them to the encrypted lake, windows over
them are advanced by the jobs that follow a commit, their values go to Valkey, whoever asks is answered from there, and
the monitor joins every answer once more as of its moment. Only the clock is moved: the portal runs in one process whose
one clock is that of the year. Flights are told minutes to thirty hours after they were over (`arrivals`).

The bar of each case is that nothing differs. It is an area of its own, since it has no peer and needs no feast, and
takes minutes. SANAD_BENCH_FLIGHTS and SANAD_BENCH_STEPS make it shorter or finer.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from bench.processes import beside_servers
from bench.rows import Row, machine

# 0: all of them. Of as many steps those in which nothing is told are left out; each costs about two processor seconds.
FLIGHTS = int(os.environ.get("SANAD_BENCH_FLIGHTS", "0"))
STEPS = int(os.environ.get("SANAD_BENCH_STEPS", "120"))


def measure() -> list[Row]:
    seen = machine()
    with tempfile.TemporaryDirectory(prefix="sanad-bench-", dir="/tmp") as name:
        out = Path(name) / "ours.json"
        print("replay: starting database and broker", flush=True)
        beside_servers("bench.replay.ours", str(out), str(FLIGHTS), str(STEPS))
        found: dict[str, Any] = json.loads(out.read_text())
    _say(found)
    return [
        _equal("served as joined (the monitor)", found, seen),
        _equal("change points as of a version at once", found["changed"], seen),
        _equal("each entity online as it lies", found["online"], seen),
        _equal("drawn moments as of the reference", found["slow"], seen),
        _speed(found, seen),
    ]


def _say(found: dict[str, Any]) -> None:
    parts = ", ".join(f"{name} {seconds:.0f}" for name, seconds in found["spent"].items())
    print(
        f"replay: {found['flights']:,} flights in {found['steps']} steps, {found['seconds']:.0f} s; processor seconds: "
        f"{parts}, database and broker {found['servers']:.0f}",
        flush=True,
    )


def _equal(case: str, found: dict[str, Any], seen: dict[str, Any]) -> Row:
    """Of so many compared all are equal; one that is not misses the bar, however many there are."""
    compared, different = found["compared"], found["different"]
    return Row(
        area="replay",
        case=f"{case}: {different} of {compared:,} differ",
        unit="equal",
        ours=float(compared - different),
        peer=float(compared),
        peer_name="all that were compared",
        limit=float(compared),
        ratio_peer=1.0 if compared and not different else 0.0,
        ratio_limit=(compared - different) / compared if compared else 0.0,
        machine=seen,
        runs=1,
        spread=1.0,
        bar=1.0,
    )


def _speed(found: dict[str, Any], seen: dict[str, Any]) -> Row:
    """Events a processor second in steps, database and broker included; the limit takes all of them at once."""
    own = sum(found["spent"][name] for name in ("push", "rows", "windows"))
    at_once = found["flights"] / sum(found["changed"]["spent"].values())
    return Row(
        area="replay",
        case=f"{found['flights']:,} events into two views in {found['steps']} steps",
        unit="events/cpu s",
        ours=round(found["flights"] / (own + found["servers"]), 1),
        peer=None,
        peer_name="all that were compared",
        limit=round(at_once, 1),
        ratio_peer=None,
        ratio_limit=round(found["flights"] / (own + found["servers"]) / at_once, 3),
        machine=seen,
        runs=1,
        spread=1.0,
    )
