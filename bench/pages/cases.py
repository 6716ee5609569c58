"""The area `pages`: lists of 10 000 rows, sorted, filtered and far from their first page.

Real: the whole portal with its own servers, a person's session, the front door. The rows are copies of one run and one
dataset that went the real way. The peer is the promise that such a page answers within 300 ms; the limit is a page of
the same shell that lists nothing.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from bench.pages.filled import PERMISSION_CASE
from bench.processes import in_portal
from bench.rows import Row, machine

PROMISE_S = 0.3
PERMISSION_PROMISE_S = 0.1
BAR = 1.0


def measure() -> list[Row]:
    seen = machine()
    with tempfile.TemporaryDirectory(prefix="sanad-bench-", dir="/tmp") as name:
        out = Path(name) / "pages.json"
        print("pages: starting a portal and filling it", flush=True)
        in_portal("bench.pages.filled", str(out))
        found: dict[str, list[float]] = json.loads(out.read_text())
    empty = [1 / seconds for seconds in found.pop("empty")]
    checked = found.pop(PERMISSION_CASE)
    unchecked = found.pop("permission limit")
    permission = Row.of_rates(
        "pages",
        PERMISSION_CASE,
        "pages/s",
        ours=[1 / seconds for seconds in checked],
        peer=[1 / PERMISSION_PROMISE_S],
        peer_name="a page in 100 ms",
        limit=[1 / seconds for seconds in unchecked],
        machine=seen,
        bar=BAR,
    )
    return [
        permission,
        *(
            Row.of_rates(
                "pages",
                case,
                "pages/s",
                ours=[1 / seconds for seconds in times],
                peer=[1 / PROMISE_S] * len(times),
                peer_name="a page in 300 ms",
                limit=empty,
                machine=seen,
                bar=BAR,
            )
            for case, times in found.items()
        ),
    ]
