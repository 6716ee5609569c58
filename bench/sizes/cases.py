"""The area `sizes`: a folder of 100 000 small files becomes a version, and a page of 100 million rows is looked at.

Real: the whole portal with its own servers and worker; the folder goes in over HTTP as `sanad dataset push` sends it.
The peer of the folder is what a portal without folders asks for, an upload a file: measured over a thousand of them.
Its limit is to read the files and take their digest alone. A page has to be there within a second: the peer is that
second, and the limit is the same question to a bare DuckDB over Parquet in clear.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from bench.processes import in_portal
from bench.rows import Row, machine

FILES, ONE_BY_ONE = 100_000, 1000
ROWS = 100_000_000
CASE_FOLDER = "folder of 100k small files to version"


def measure() -> list[Row]:
    seen = machine()
    with tempfile.TemporaryDirectory(prefix="sanad-bench-", dir="/tmp") as name:
        folder = Path(name)
        print(f"sizes: sending a folder of {FILES:,} files, then looking at {ROWS:,} rows", flush=True)
        said = _ours(folder)
    print(
        f"sizes: {said['requests']:,} requests; CPU {said['cpu_client']:.0f} s here, {said['cpu_portal']:.0f} s in "
        f"the portal; at most {said['peak_client_mib']:,.0f} MiB here, {said['peak_mib']:,.0f} MiB in worker and child",
        flush=True,
    )
    rows = [
        Row.of_rates(
            "sizes",
            CASE_FOLDER,
            "files/s",
            ours=[FILES / said["seconds"]],
            peer=[ONE_BY_ONE / said["one_by_one_s"]],
            peer_name="an upload a file",
            limit=[FILES / said["bare_s"]],
            machine=seen,
            bar=5,
        )
    ]
    return rows + [_page(case, times, seen) for case, times in said["pages"].items()]


def _page(case: str, times: dict[str, list[float]], seen: dict[str, Any]) -> Row:
    ours, bare = ([1 / s for s in times[side]] for side in ("ours", "bare"))
    words: dict[str, Any] = {"peer": [1.0], "peer_name": "one second", "limit": bare, "machine": seen}
    return Row.of_rates("sizes", f"{case}, 100M rows", "pages/s", ours=ours, bar=1.0, **words)


def _ours(folder: Path) -> dict[str, Any]:
    out = folder / "out.json"
    in_portal("bench.sizes.ours", str(folder), str(out), str(FILES), str(ONE_BY_ONE), str(ROWS))
    found: dict[str, Any] = json.loads(out.read_text())
    return found
