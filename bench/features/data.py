"""`python -m bench.features.data FOLDER ROWS KEYS ONLINE`: labels, three views, the rows that go online, in clear.

Labels and views are spread over 90 days and the same keys. Of a view each row became known within an hour after its
event. All is made of hashes of the rows' numbers, so that every run joins the same rows.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

VIEWS, FEATURES_EACH, ONLINE_FEATURES = 3, 3, 10
_DAYS_US = 90 * 86_400 * 1_000_000


def main(folder: Path, rows: int, keys: int, online: int) -> int:
    bare = duckdb.connect()
    labels = f"(hash(i) % {keys})::BIGINT AS customer, {_moment('i + 7')} AS at, (hash(i + 3) % 2)::INT AS label"
    bare.execute(f"COPY (SELECT {labels} FROM range({rows}) t(i)) TO '{folder}/labels.parquet'")  # noqa: S608
    for view in range(VIEWS):
        at = _moment(f"i * 5 + {view}")
        features = ", ".join(f"{_value(f'i * 31 + {view * 7 + n}')} AS f{view}{n}" for n in range(FEATURES_EACH))
        columns = f"(hash(i * 3 + {view}) % {keys})::BIGINT AS customer, {at} AS at, "
        columns += f"{at} + to_seconds((hash(i) % 3600)::INT) AS created, {features}"
        bare.execute(f"COPY (SELECT {columns} FROM range({rows}) t(i)) TO '{folder}/view{view}.parquet'")  # noqa: S608
    values = ", ".join(f"{_value(f'i * 17 + {n}')} AS f{n}" for n in range(ONLINE_FEATURES))
    when = "TIMESTAMP '2026-03-01' AS at, TIMESTAMP '2026-03-01' AS created"
    now = f"SELECT i AS customer, {when}, {values} FROM range({online}) t(i)"  # noqa: S608
    bare.execute(f"COPY ({now}) TO '{folder}/now.parquet'")
    return 0


def _moment(number: str) -> str:
    return f"TIMESTAMP '2026-01-01' + to_microseconds((hash({number}) % {_DAYS_US}::UBIGINT)::BIGINT)"


def _value(number: str) -> str:
    return f"(hash({number}) % 1000000007)::DOUBLE / 1000000007"


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
