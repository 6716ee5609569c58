"""`python -m bench`: measure, print a table, write JSON; exit code 1 where a bar is missed."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.rows import Row
from bench.table import print_rows

Area = Callable[[], list[Row]]
AREAS = (
    "serving",
    "gateway",
    "features",
    "ingestion",
    "validation",
    "streams",
    "replay",
    "tracking",
    "dispatch",
    "pages",
    "storage",
    "sizes",
    "drift",
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", choices=AREAS, metavar="AREA", help="one of " + ", ".join(AREAS))
    parser.add_argument("--json", type=Path, metavar="PATH", help="where to write the rows")
    said = parser.parse_args(arguments)
    rows: list[Row] = []
    for name in [said.only] if said.only else AREAS:
        area = _measured(name)
        if area is None:
            print(f"{name}: not measured yet.")
        else:
            rows += area()
    print_rows(rows)
    if said.json:
        said.json.write_text(json.dumps([row.as_json() for row in rows], indent=1) + "\n")
    return 1 if any(row.missed for row in rows) else 0


def _measured(name: str) -> Area | None:
    """How an area is measured, imported only when it is wanted."""
    if name == "serving":
        from bench.serving.cases import measure

        return measure
    if name == "pages":
        from bench.pages.cases import measure as of_pages

        return of_pages
    if name == "ingestion":
        from bench.ingestion.cases import measure as of_ingestion

        return of_ingestion
    if name == "streams":
        from bench.streams.cases import measure as of_streams

        return of_streams
    if name == "replay":
        from bench.replay.cases import measure as of_replay

        return of_replay
    if name == "validation":
        from bench.validation.cases import measure as of_validation

        return of_validation
    if name == "features":
        from bench.features.cases import measure as of_features

        return of_features
    if name == "storage":
        from bench.storage.cases import measure as of_storage

        return of_storage
    if name == "sizes":
        from bench.sizes.cases import measure as of_sizes

        return of_sizes
    return None
