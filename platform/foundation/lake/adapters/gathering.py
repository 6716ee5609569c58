"""What a profile wants of a long table, gathered while its rows go by to be digested: it is read once for both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection

from foundation.lake.adapters import figures
from foundation.lake.adapters.sessions import name
from foundation.lake.adapters.widths import is_nested
from foundation.lake.ports import Column

SAMPLE = "profile_sample"
# So many rows tell the quantiles to half a hundredth (Dvoretzky, Kiefer and Wolfowitz: further off in fewer than one of
# 10,000 tables, whatever is in them), and of wide tables so many that sketches of them fit in memory.
SAMPLE_ROWS, SAMPLE_CELLS = 250_000, 20_000_000
# Rows wait in memory until they are so large; the sample itself goes to disk where memory is short.
_HELD_BYTES = 8 << 20


class Gathering:
    """Figures of all rows, by column, and a sample of them in a table of the connection's own.

    The table is cut into as many spans as rows are wanted, and of each the hash of its number chooses one: they are
    spread over the table, and the same ones each time.
    """

    def __init__(self, connection: DuckDBPyConnection, columns: Sequence[Column], rows: int) -> None:
        self._connection, self._columns, self._rows = connection, columns, rows
        self._wanted = min(rows, SAMPLE_ROWS, SAMPLE_CELLS // len(columns))
        self.sampled = 0

    def begin(self) -> None:
        """Rows come from the first one on, whatever came before."""
        self.figures = {column.name: figures.of(column) for column in self._columns}
        self.sampled, self._bytes, self._held = 0, 0, list[pa.RecordBatch]()
        columns = ", ".join(f"{name(column.name)} {_kept(column)}" for column in self._columns)
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {SAMPLE} ({columns})")

    def take(self, batch: pa.RecordBatch, first: int) -> None:
        """Rows from the number `first` on, each column as the digest has it."""
        for gathered, values in zip(self.figures.values(), batch.columns, strict=True):
            if gathered is not None:
                gathered.take(values)
        chosen = self._chosen(first, first + batch.num_rows) - first
        if len(chosen):
            self._held.append(taken := batch.take(pa.array(chosen)))
            self._bytes += taken.nbytes
            if self._bytes > _HELD_BYTES:
                self._put()

    def end(self) -> None:
        self._put()

    def _chosen(self, first: int, end: int) -> np.ndarray[Any, Any]:
        """Which of the rows with these numbers are wanted."""
        spans = np.arange(first * self._wanted // self._rows, -(-end * self._wanted // self._rows) + 1, dtype=np.int64)
        starts = -(-spans * self._rows // self._wanted)
        widths = (starts[1:] - starts[:-1]).astype(np.uint64)
        places = starts[:-1] + (_mixed(spans[:-1].astype(np.uint64)) % widths).astype(np.int64)
        return places[(places >= first) & (places < end)]

    def _put(self) -> None:
        if not self._held:
            return
        rows, self._held, self._bytes = pa.Table.from_batches(self._held), [], 0
        self.sampled += rows.num_rows
        self._connection.register("came", rows)
        cast = (f"c{number}::{_kept(column)}" for number, column in enumerate(self._columns))
        self._connection.execute(f"INSERT INTO {SAMPLE} SELECT {', '.join(cast)} FROM came")
        self._connection.unregister("came")


def _kept(column: Column) -> str:
    """Nested values stay the text that they are digested as: nobody looks into them."""
    return "VARCHAR" if is_nested(column.type) else column.type


def _mixed(numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    numbers = numbers + np.uint64(0x9E3779B97F4A7C15)
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))
