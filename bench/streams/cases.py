"""The area `streams`: events of 500 bytes wait in Valkey, or keep coming, and become rows of the encrypted lake.

Real: the whole portal with its own servers; the consumer is the process that `make up` runs. First it drains what waits
(events a second), then events come at the rate of the bar, and each is seen once the stream's REST twin counts it: so
what is called visibility is never shorter than it is. The peer is a plain consumer that decodes and writes a Parquet
file a second, in clear, and remembers nothing; the limit only reads the entries. Each side has the machine for itself.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from bench.processes import in_portal
from bench.rows import Row, machine

EVENTS, SECONDS, ROUNDS = 400_000, 20, 3
RATE, WITHIN_S = 20_000, 3.0
CASE = "valkey to lake, events of 500 bytes"


def measure() -> list[Row]:
    seen = machine()
    with tempfile.TemporaryDirectory(prefix="sanad-bench-", dir="/tmp") as name:
        found = _ours(Path(name))
    print(f"streams: p95 visibility {found['p95_s']} s; at most {found['lag']:,} events waited", flush=True)
    words: dict[str, Any] = {"ours": found["ours"], "limit": found["read"], "machine": seen}
    soon: dict[str, Any] = {
        "ours": [1 / s for s in found["p95_s"]],
        "limit": [1 / s for s in found["p50_s"]],
        "machine": seen,
    }
    bar: dict[str, Any] = {"peer_name": "the bar", "bar": 1.0}
    return [
        Row.of_rates("streams", CASE, "events/s", peer=found["plain"], peer_name="plain consumer", **words),
        Row.of_rates("streams", f"{CASE}: at least {RATE:,}/s", "events/s", peer=[RATE], **bar, **words),
        Row.of_rates(
            "streams", f"seen within {WITHIN_S:.0f} s (p95; limit p50)", "1/s", peer=[1 / WITHIN_S], **bar, **soon
        ),
    ]


def _ours(folder: Path) -> dict[str, Any]:
    out = folder / "ours.json"
    print("streams: starting a portal", flush=True)
    events, seconds, rounds = (os.environ.get(f"SANAD_BENCH_{name}") for name in ("EVENTS", "SECONDS", "ROUNDS"))
    said = [str(events or EVENTS), str(seconds or SECONDS), str(rounds or ROUNDS), str(RATE)]
    in_portal("bench.streams.ours", str(out), *said)
    found: dict[str, Any] = json.loads(out.read_text())
    return found
