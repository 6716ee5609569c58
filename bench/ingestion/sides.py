"""`python -m bench.ingestion.sides ACT FOLDER ROWS`: makes the file, or turns it into Parquet; says the seconds."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

# A key, whole and broken numbers, few and many words, a date, a moment, a yes or no.
_TABLE = """
SELECT i AS id, (hash(i) % 1000)::INT AS quantity, (hash(i + 1) % 1000000) / 1000.0 AS price, sin(i)::DOUBLE AS angle,
       'name-' || (hash(i) % 5000) AS name, (i % 7)::INT AS weekday, DATE '2020-01-01' + (i % 1000)::INT AS day,
       TIMESTAMP '2021-01-01' + to_seconds(i) AS at, i % 3 = 0 AS late, 'town ' || (i % 40) AS town
FROM range({rows}) t(i)
"""


def main(act: str, folder: Path, rows: int) -> int:
    csv = folder / "table.csv"
    if act == "pandas":
        import pandas as pd

        began = time.perf_counter()
        pd.read_csv(csv, engine="pyarrow").to_parquet(folder / "pandas.parquet")
    else:
        import duckdb

        began = time.perf_counter()
        source = _TABLE.format(rows=rows) if act == "make" else f"FROM read_csv('{csv}')"
        target = f"'{csv}' (HEADER)" if act == "make" else f"'{folder}/copy.parquet' (FORMAT parquet)"
        duckdb.connect().execute(f"COPY ({source}) TO {target}")
    print(json.dumps({"seconds": time.perf_counter() - began}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
