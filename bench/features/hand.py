"""The limit: a hand-written ASOF join over the same files in clear, on a DuckDB of its own.

It knows of corrections what we know (a value is not seen before it was known) and nothing of tenants, seals, proofs.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from bench.features.data import FEATURES_EACH, VIEWS

_FEATURES = ", ".join(f"v{view}.f{view}{n}" for view in range(VIEWS) for n in range(FEATURES_EACH))
_JOINS = " ".join(
    f"ASOF LEFT JOIN read_parquet('{{folder}}/view{view}.parquet') v{view} "
    f"ON l.customer = v{view}.customer AND l.at >= v{view}.created"
    for view in range(VIEWS)
)
_SQL = f"SELECT l.*, {_FEATURES} FROM read_parquet('{{folder}}/labels.parquet') l {_JOINS}"  # noqa: S608 - our own


class ByHand:
    def __init__(self, folder: Path) -> None:
        self._bare, self._sql = duckdb.connect(), _SQL.format(folder=folder)

    def join(self) -> pa.Table:
        """All labels with what was known of each, in memory."""
        return self._bare.execute(self._sql).to_arrow_table()
