"""No group of rows in a file is larger than a small engine can write and read, however long its values are."""

from __future__ import annotations

import os

import pyarrow as pa
import pytest

from foundation.lake import LakeFailed
from foundation.lake.adapters import catalogue, row_groups, sessions
from foundation.lake.adapters.duckdb_lake import DuckDBLake
from foundation.lake.engines import place_of
from foundation.lake.sandbox import files

# A group of as many rows as DuckDB takes is larger than the engine, and none of its threads has room for a tenth of it.
ENGINE_MB, VALUE_BYTES, IN_PIECE = 128, 4_096, 4_000


@pytest.fixture
def small(lake_id, settings):
    """A lake whose engine has little memory."""
    settings.LAKE_MEMORY_MB = ENGINE_MB
    tables = DuckDBLake(place_of(lake_id), files.parsed)
    yield tables
    for table in ("long", "copy"):
        tables.drop(table)


def long_values(pieces, after=0):
    """No two are alike; more than the engine's memory, and less than a group of as many rows as DuckDB takes."""
    schema = pa.schema([("n", pa.int64()), ("text", pa.string())])

    def batches():
        for piece in range(after, after + pieces):
            texts = [os.urandom(VALUE_BYTES // 2).hex() for _row in range(IN_PIECE)]
            yield pa.record_batch([range(piece * IN_PIECE, (piece + 1) * IN_PIECE), texts], schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def said_of(tables, at):
    """How many rows there are and how long their values, and whether they lie in the order in which they came."""
    numbers, length = [], 0
    for batch in tables.read(at):
        numbers += batch.column("n").to_pylist()
        length += sum(map(len, batch.column("text").to_pylist()))
    return len(numbers), length, numbers == sorted(numbers)


def test_long_values_are_written_copied_and_read_in_an_engine_smaller_than_they_are(small):
    pieces = 16
    rows = pieces * IN_PIECE
    assert rows * VALUE_BYTES > (ENGINE_MB << 20) * 1.8
    at = small.write("long", long_values(pieces))
    assert said_of(small, at) == (rows, rows * VALUE_BYTES, True)
    copied = small.write_query("copy", "SELECT * FROM a", {"a": at})
    assert said_of(small, copied)[:2] == (rows, rows * VALUE_BYTES)


def test_files_of_long_values_are_merged_in_such_an_engine_and_rows_keep_their_numbers(small):
    first, pieces = small.write("long", long_values(1)), 12
    for piece in range(1, pieces):
        at = small.write("long", long_values(1, after=piece), mode="append")
    assert pieces * IN_PIECE * VALUE_BYTES > ENGINE_MB << 20
    at = small.compact("long")
    assert len(small.files_of(at)) == 1
    assert said_of(small, at) == (pieces * IN_PIECE, pieces * IN_PIECE * VALUE_BYTES, True)
    came = small.added_between(first, at)
    assert [n for batch in came for n in batch.column("n").to_pylist()] == list(range(IN_PIECE, pieces * IN_PIECE))


def test_a_group_that_an_earlier_release_wrote_is_refused_with_what_mends_it(small, lake_id, settings, monkeypatch):
    settings.LAKE_MEMORY_MB = 2048
    place = place_of(lake_id)
    large = DuckDBLake(place, files.parsed)
    large.write("copy", long_values(1))
    with catalogue.connected(place) as connection:
        connection.execute(f"DELETE FROM {place.schema}.ducklake_metadata WHERE key LIKE 'parquet_%'".encode())
    sessions.forget(place)
    with monkeypatch.context() as earlier:
        for step in ("count_bytes", "bound"):
            earlier.setattr(row_groups, step, lambda _own: None)
        at = large.write("long", long_values(16))
    sessions.forget(place)
    assert said_of(large, at)[0] == 16 * IN_PIECE
    for ask in (lambda: list(small.query("SELECT text FROM a", {"a": at})), lambda: small.digest(at)):
        with pytest.raises(LakeFailed, match=r"128 MB that the lake's engine has.*LAKE_MEMORY_MB.*new version"):
            ask()
    anew = large.write_query("copy", "SELECT * FROM a", {"a": at}, mode="replace")
    assert said_of(small, anew)[0] == 16 * IN_PIECE
