"""`python -m bench.features.hand FOLDER ROUNDS`: the limit, a hand-written ASOF join over the same files in clear.

It knows of corrections what we know (a value is not seen before it was known) and nothing of tenants, seals, proofs.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb

from bench.features.data import FEATURES_EACH, VIEWS


def main(folder: Path, rounds: int) -> int:
    bare, seconds = duckdb.connect(), list[float]()
    for _round in range(rounds):
        began = time.perf_counter()
        found = bare.execute(_SQL.format(folder=folder)).to_arrow_table()
        seconds.append(time.perf_counter() - began)
    known = found.num_rows - found.column("f00").null_count
    print(json.dumps({"seconds": seconds, "rows": found.num_rows, "known": known}))
    return 0


_FEATURES = ", ".join(f"v{view}.f{view}{n}" for view in range(VIEWS) for n in range(FEATURES_EACH))
_JOINS = " ".join(
    f"ASOF LEFT JOIN read_parquet('{{folder}}/view{view}.parquet') v{view} "
    f"ON l.customer = v{view}.customer AND l.at >= v{view}.created"
    for view in range(VIEWS)
)
_SQL = f"SELECT l.*, {_FEATURES} FROM read_parquet('{{folder}}/labels.parquet') l {_JOINS}"  # noqa: S608 - our own


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), int(sys.argv[2])))
