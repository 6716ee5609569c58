"""The lake on DuckLake: DuckDB, a PostgreSQL catalogue, encrypted Parquet files."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from foundation.lake.adapters.upkeep import Upkeep


class DuckDBLake(Upkeep):
    """One tenant's tables; see `foundation.lake.ports.Lake` for what each method promises."""

    def changing(self, change: Callable[[pa.RecordBatch], pa.RecordBatch]) -> DuckDBLake:
        return DuckDBLake(self._place, self._parse, change)
