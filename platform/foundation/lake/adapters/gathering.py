"""What a profile wants of a long table, gathered while its rows go by to be digested: it is read once for both."""

from __future__ import annotations

from collections.abc import Sequence

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
_SEED = 7


class Gathering:
    """Figures of all rows, by column, and a sample of them in a table of the connection's own.

    Their places are drawn, each from all of the table: how often a value is seen again tells how many there are, and of
    rows at even distances it would not, as what is alike often lies together. They are the same ones each time.
    """

    def __init__(self, connection: DuckDBPyConnection, columns: Sequence[Column], rows: int) -> None:
        self._connection, self._columns = connection, columns
        wanted = min(SAMPLE_ROWS, SAMPLE_CELLS // len(columns))
        self._places = np.unique(np.random.Generator(np.random.PCG64(_SEED)).integers(0, rows, wanted))
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
        start, end = np.searchsorted(self._places, (first, first + batch.num_rows))
        if start < end:
            self._held.append(taken := batch.take(pa.array(self._places[start:end] - first)))
            self._bytes += taken.nbytes
            if self._bytes > _HELD_BYTES:
                self._put()

    def end(self) -> None:
        self._put()

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
