"""Files are written in groups of rows of so many bytes at most: whoever reads has a group of each thread in memory.

DuckDB counts rows alone where it is told nothing, 122 880 in a group. Of values of 2 kB that is a group, and a page of
it, for which neither its writer nor any reader has room in an engine of 256 MB. It counts bytes only where
rows need not stay in the order in which they come; DuckLake keeps no order but that of a single thread anyway. And it
looks at them once for each piece that comes: 2 048 rows, where they are not handed over in smaller ones.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
from duckdb import DuckDBPyConnection

from foundation.lake.adapters import catalogue
from foundation.lake.place import LakePlace

# Rows of 14 numbers are still 122 880.
BYTES = 14 << 20
# Of what comes from outside, handed over at once.
PIECE_BYTES = 1 << 20
# What a thread needs to read one, which a copy of large rows may make twice as large: as it lies there and unpacked,
# each in a power of two, and half as much for its rows.
THREAD_MB = 96
_KEY = "parquet_row_group_size_bytes"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def bound(place: LakePlace) -> None:
    """Say so in the lake's catalogue, where it is not said yet: an instance reads it when it is opened."""
    with catalogue.connected(place) as connection:
        there = f"SELECT FROM {place.schema}.ducklake_metadata WHERE key = %s AND scope IS NULL".encode()
        if connection.execute(there, [_KEY]).rowcount:
            return
        with connection.transaction():
            connection.execute(_LOCK, [f"{place.schema} row groups"])
            if not connection.execute(there, [_KEY]).rowcount:
                said = f"INSERT INTO {place.schema}.ducklake_metadata (key, value) VALUES (%s, %s)".encode()
                connection.execute(said, [_KEY, str(BYTES)])


def count_bytes(own: DuckDBPyConnection) -> None:
    """What this connection writes is in groups that are bounded so."""
    own.execute("SET SESSION preserve_insertion_order = false")


def light(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The same rows, halved until each piece is one row or small enough."""
    if batch.num_rows < 2 or batch.nbytes <= PIECE_BYTES:
        yield batch
        return
    middle = batch.num_rows // 2
    yield from light(batch.slice(0, middle))
    yield from light(batch.slice(middle))
