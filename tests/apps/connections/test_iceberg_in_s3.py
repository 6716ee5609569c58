"""An Iceberg table in a bucket: read as of one snapshot, without what was deleted."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from apps.connections.adapters import avro_size
from apps.connections.errors import PlaceMissing, SourceBroken
from apps.connections.ports import Asked, Place
from tests.apps.connections.tables_stage import (
    EVERYTHING,
    TYPES,
    bucket,
    iceberg,
    ids_of,
    numbers,
    put,
    rows_of,
    source,
)
from tests.support.tables_in_a_bucket import delete_by_position, send_iceberg

__all__ = ["bucket", "iceberg", "put", "source"]
pytestmark = pytest.mark.usefixtures("loopback_allowed")


def test_every_type_of_iceberg_comes_as_it_is(source, iceberg, put):
    table = iceberg.create_table("shop.orders", EVERYTHING.schema)
    table.append(EVERYTHING)
    send_iceberg(table, put)
    found = source.describe(Place("orders"))
    assert found.says == f"Iceberg table, snapshot {table.current_snapshot().snapshot_id}"
    assert [column.type for column in found.columns] == TYPES
    assert (found.rows, found.sample.to_pylist()) == (2, EVERYTHING.to_pylist())
    assert rows_of(source).to_pylist() == EVERYTHING.to_pylist()


def test_iceberg_is_read_as_it_was_and_with_the_columns_that_it_had(source, iceberg, put):
    from pyiceberg.types import LongType, StringType

    table = iceberg.create_table("shop.orders", pa.schema([("id", pa.int32()), ("old", pa.string())]))
    table.append(pa.table({"id": pa.array([1], pa.int32()), "old": ["x"]}))
    first = table.current_snapshot()
    with table.update_schema() as change:
        change.rename_column("old", "word")
        change.update_column("id", field_type=LongType())
        change.add_column("late", StringType())
    table.append(pa.table({"id": pa.array([2], pa.int64()), "word": ["y"], "late": ["z"]}))
    send_iceberg(table, put)
    assert sorted(rows_of(source).to_pylist(), key=lambda row: row["id"]) == [
        {"id": 1, "word": "x", "late": None},
        {"id": 2, "word": "y", "late": "z"},
    ]
    assert rows_of(source, version=first.snapshot_id).to_pylist() == [{"id": 1, "old": "x"}]
    at = datetime.fromtimestamp(first.timestamp_ms / 1000, UTC)
    assert rows_of(source, as_of=at.isoformat()).num_rows == 1
    with pytest.raises(PlaceMissing, match="so old"):
        rows_of(source, as_of=(at - timedelta(days=1)).isoformat())
    with pytest.raises(PlaceMissing, match="no snapshot 7"):
        rows_of(source, version=7)


def test_rows_that_iceberg_deleted_by_position_are_gone(source, iceberg, put):
    table = iceberg.create_table("shop.orders", numbers(0, 1).schema)
    table.append(numbers(0, 1000))
    first = table.current_snapshot().snapshot_id
    [file] = [task.file.file_path for task in table.scan().plan_files()]
    delete_by_position(table, file, [5, 0, 999])
    table.append(numbers(1000, 1010))
    send_iceberg(table, put)
    assert ids_of(source) == [n for n in range(1010) if n not in {0, 5, 999}]
    assert ids_of(source, version=first) == list(range(1000))


def test_rows_that_iceberg_deleted_by_equality_are_refused(source, iceberg, put):
    from pyiceberg.manifest import DataFileContent

    table = iceberg.create_table("shop.orders", numbers(0, 1).schema)
    table.append(numbers(0, 10))
    [file] = [task.file.file_path for task in table.scan().plan_files()]
    delete_by_position(table, file, [5], content=DataFileContent.EQUALITY_DELETES)
    send_iceberg(table, put)
    with pytest.raises(SourceBroken, match="deleted by equality"):
        source.pin(Place("orders"), Asked())


def packed_avro(blocks):
    head = b"Obj\1" + bytes([2, 20]) + b"avro.codec" + bytes([14]) + b"deflate" + b"\0" + b"s" * 16
    for block in blocks:
        size = len(block) << 1
        varint = b""
        while size >= 0x80:
            varint, size = varint + bytes([size & 0x7F | 0x80]), size >> 7
        head += b"\2" + varint + bytes([size]) + block + b"s" * 16
    return head


def test_a_manifest_that_unpacks_to_too_much_is_left_before_it_is_unpacked():
    packer = zlib.compressobj(9, wbits=-15)
    bomb = packed_avro([packer.compress(bytes(64 << 20)) + packer.flush()])
    avro_size.check_size(bomb, 65 << 20)
    for content in (bomb, bomb[:-20], b"Obj\2", b""):
        with pytest.raises(ValueError, match=r"too much|too early|no Avro"):
            avro_size.check_size(content, 63 << 20)
