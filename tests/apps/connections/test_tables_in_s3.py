"""Delta Lake and Iceberg tables in a bucket: one table each, read as of one version, without what was deleted."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from pyiceberg.manifest import DataFileContent
from pyiceberg.types import LongType, StringType
from pyroaring import BitMap64

from apps.connections.adapters import avro_size, deletions, open_source, table_files
from apps.connections.errors import PlaceMissing, SourceBroken, SourceChanged
from apps.connections.ports import Asked, Place, Secrets
from tests.support.databases import free_port
from tests.support.tables_in_a_bucket import DeltaFolder, catalogue, delete_by_position, send_iceberg

pytestmark = pytest.mark.usefixtures("loopback_allowed")


@pytest.fixture
def bucket(object_store):
    object_store.hold_rights(False)
    name = f"tables-{free_port()}"
    object_store.sdk.create_bucket(Bucket=name)
    return name


@pytest.fixture
def put(object_store, bucket):
    return lambda key, body: object_store.sdk.put_object(Bucket=bucket, Key=f"in/orders/{key}", Body=body)


@pytest.fixture
def source(object_store, bucket, tmp_path):
    key, secret = object_store.keys
    told = {"bucket": bucket, "endpoint": object_store.url, "prefix": "in/"}
    return open_source("s3", told, Secrets({"access_key": key, "secret_key": secret}), tmp_path / "scratch")


@pytest.fixture
def delta(tmp_path, put):
    return DeltaFolder(tmp_path / "delta", put)


@pytest.fixture
def iceberg(tmp_path):
    return catalogue(tmp_path / "warehouse")


def rows_of(source, pin=None, **options):
    """All rows, as one table."""
    place = Place("orders/", options=options)
    pin = pin or source.pin(place, Asked())
    batches = []
    for piece in source.pieces(place, Asked(), pin):
        with source.read(place, Asked(), piece) as rows:
            batches += list(rows.batches)
    return pa.Table.from_batches(batches)


def ids_of(source, pin=None, **options):
    return sorted(rows_of(source, pin, **options)["id"].to_pylist())


def numbers(first, last):
    return pa.table({"id": pa.array(range(first, last), pa.int64())})


EVERYTHING = pa.table(
    {
        "id": pa.array([1, 2], pa.int64()),
        "day": pa.array([date(2024, 1, 1), None]),
        "at": pa.array([datetime(2024, 1, 1, 12, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
        "price": pa.array([Decimal("1.50"), None], pa.decimal128(9, 2)),
        "tags": pa.array([["x"], None], pa.list_(pa.string())),
        "thing": pa.array([{"a": 1}, None], pa.struct({"a": pa.int32()})),
        "flag": pa.array([True, None]),
        "region": pa.array(["north", None]),
    }
)
TYPES = [
    "BIGINT",
    "DATE",
    "TIMESTAMP WITH TIME ZONE",
    "DECIMAL(9,2)",
    "VARCHAR[]",
    'STRUCT("a" INTEGER)',
    "BOOLEAN",
    "VARCHAR",
]


def test_every_type_of_delta_and_its_partitions_come_as_they_are(source, delta):
    delta.write(EVERYTHING, partition_by=["region"])
    found = source.describe(Place("orders"))
    assert (found.says, found.rows, found.exact, found.files) == ("Delta table, version 0", 2, True, 2)
    assert [column.type for column in found.columns] == TYPES
    assert found.sample.num_rows == 1
    rows = sorted(rows_of(source).to_pylist(), key=lambda row: row["id"])
    assert rows == EVERYTHING.to_pylist()


def test_a_folder_with_a_log_is_listed_as_one_table(source, delta, put, object_store, bucket):
    delta.write(numbers(0, 3))
    for key in ("in/plain/a.csv", "in/with/metadata/readme.txt"):
        object_store.sdk.put_object(Bucket=bucket, Key=key, Body=b"id\n1\n")
    assert [(thing.name, thing.kind) for thing in source.things()] == [
        ("orders/", "table"),
        ("plain/", "folder"),
        ("with/", "folder"),
    ]
    # Whoever picks files of it by a pattern reads them as files.
    assert source.describe(Place("orders", pattern="*.parquet")).sample is None


def test_delta_is_read_as_it_was_at_a_version_or_a_time(source, delta):
    delta.write(numbers(0, 10))
    delta.write(numbers(10, 20), mode="append")
    delta.table.delete("id < 5")
    delta.send()
    assert ids_of(source) == list(range(5, 20))
    assert ids_of(source, version=0) == list(range(10))
    assert ids_of(source, version=1) == list(range(20))
    made = [next(a["commitInfo"]["timestamp"] for a in delta.log(n) if "commitInfo" in a) for n in range(3)]
    assert made[0] < made[1] < made[2]
    assert ids_of(source, as_of=datetime.fromtimestamp(made[1] / 1000, UTC).isoformat()) == list(range(20))
    with pytest.raises(PlaceMissing, match=r"no version 7.*the newest is 2"):
        ids_of(source, version=7)
    with pytest.raises(PlaceMissing, match="so old"):
        ids_of(source, as_of="1999-01-01")
    for options in ({"version": "new"}, {"as_of": "yesterday"}):
        with pytest.raises(PlaceMissing, match=r"number|written like"):
            ids_of(source, **options)


def test_delta_is_read_from_its_checkpoint(source, delta, object_store, bucket):
    for n in range(4):
        delta.write(numbers(n * 10, n * 10 + 10), mode="append", partition_by=None)
    delta.table.create_checkpoint()
    delta.write(numbers(40, 50), mode="append")
    for n in range(4):
        object_store.sdk.delete_object(Bucket=bucket, Key=f"in/orders/_delta_log/{n:020d}.json")
    assert ids_of(source) == list(range(50))
    with pytest.raises(PlaceMissing, match="does not reach back so far"):
        ids_of(source, version=1)


@pytest.mark.parametrize("inline", [True, False])
def test_deletion_vectors_of_delta_are_honoured(source, delta, inline):
    delta.write(numbers(0, 100_000))
    gone = [3, 7, 70_000, 99_999]
    delta.delete_rows(gone, inline=inline)
    assert ids_of(source) == [n for n in range(100_000) if n not in gone]
    assert source.describe(Place("orders")).exact is False
    assert ids_of(source, version=0) == list(range(100_000))


@pytest.mark.parametrize(
    "wanted",
    [[], [0], list(range(5000)), list(range(0, 200_000, 3)), [1, 1 << 33, (1 << 33) + 5], list(range(100, 70_000))],
    ids=["none", "one", "run", "bits", "far", "two containers"],
)
@pytest.mark.parametrize("runs", [True, False])
def test_a_vector_gives_back_the_numbers_that_were_put_in(wanted, runs):
    bitmap = BitMap64(wanted)
    if runs:
        bitmap.run_optimize()
    vector = (1_681_511_377).to_bytes(4, "little") + bitmap.serialize()
    assert deletions.positions(vector, count=len(wanted)).tolist() == wanted
    for broken in (vector[:-1], b"\0" + vector[1:], vector[:4] + b"\xff" * 8 + vector[12:]):
        with pytest.raises(SourceBroken, match="deleted rows is damaged"):
            deletions.positions(broken, count=len(wanted) or 1)


def test_what_delta_asks_beyond_what_is_known_is_refused_by_name(source, delta):
    delta.write(numbers(0, 3))
    delta.commit({"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["variantType"]}})
    with pytest.raises(SourceBroken, match="not known here: variantType"):
        source.pin(Place("orders"), Asked())


def test_columns_that_delta_renamed_are_found(source, delta):
    delta.write(pa.table({"col-1": [1, 2], "col-2": ["a", "b"]}))
    meta = next(a["metaData"] for a in delta.log(0) if "metaData" in a)
    schema = json.loads(meta["schemaString"])
    for number, name in enumerate(("id", "word")):
        one = schema["fields"][number]
        one["metadata"] = {"delta.columnMapping.id": number + 1, "delta.columnMapping.physicalName": one["name"]}
        one["name"] = name
    meta |= {"schemaString": json.dumps(schema), "configuration": {"delta.columnMapping.mode": "name"}}
    delta.commit({"protocol": {"minReaderVersion": 2, "minWriterVersion": 5}}, {"metaData": meta})
    assert rows_of(source).to_pylist() == [{"id": 1, "word": "a"}, {"id": 2, "word": "b"}]


def test_the_table_moves_on_and_is_still_read_as_it_was_pinned(source, delta, monkeypatch):
    monkeypatch.setattr(table_files, "GROUP_FILES", 1)
    for n in range(3):
        delta.write(numbers(n * 10, n * 10 + 10), mode="append")
    pin = source.pin(Place("orders"), Asked())
    delta.write(numbers(0, 1), mode="overwrite")
    assert len(list(source.pieces(Place("orders"), Asked(), pin))) == 3
    assert ids_of(source, pin) == list(range(30))
    assert ids_of(source) == [0]


def test_files_that_were_cleared_away_are_said(source, delta, object_store, bucket):
    delta.write(numbers(0, 10))
    pin = source.pin(Place("orders"), Asked())
    [path] = [a["add"]["path"] for a in delta.log(0) if "add" in a]
    object_store.sdk.delete_object(Bucket=bucket, Key=f"in/orders/{path}")
    with pytest.raises(SourceChanged, match="Delta table, version 0 are gone, as after a vacuum"):
        ids_of(source, pin)


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
    table = iceberg.create_table("shop.orders", numbers(0, 1).schema)
    table.append(numbers(0, 10))
    [file] = [task.file.file_path for task in table.scan().plan_files()]
    delete_by_position(table, file, [5], content=DataFileContent.EQUALITY_DELETES)
    send_iceberg(table, put)
    with pytest.raises(SourceBroken, match="deleted by equality"):
        source.pin(Place("orders"), Asked())


@pytest.mark.parametrize(
    ("key", "content", "said"),
    [
        ("_delta_log/00000000000000000000.json", b"{", "Version 0 of the Delta table's log cannot be read"),
        ("_delta_log/00000000000000000000.json", b'{"add": {}}\n', "cannot be read|what its columns are"),
        ("_delta_log/00000000000000000000.json", b'{"add": {"size": 1}}\n', "log is damaged"),
        ("_delta_log/00000000000000000000.json", b'{"protocol": [1]}\n', "log is damaged"),
        ("_delta_log/00000000000000000000.json", b"\n", "what its columns are"),
        ("metadata/v1.metadata.json", b"{}", "metadata cannot be read"),
        ("metadata/v1.metadata.json", b"\x1f\x8b", "metadata cannot be read"),
        ("metadata/other.metadata.json", b"{}", "no metadata that can be read"),
    ],
)
def test_a_damaged_log_is_said(source, put, key, content, said):
    put(key, content)
    with pytest.raises(SourceBroken, match=said):
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


@pytest.mark.parametrize(
    "path", ["../../secret/a.parquet", "..%2F..%2Fsecret%2Fa.parquet", "x/%2e%2e/../../secret/a.parquet"]
)
def test_no_log_leads_out_of_its_table(source, delta, object_store, bucket, path):
    delta.write(numbers(0, 10))
    [add] = [one["add"] for one in delta.log(0) if "add" in one]
    content = object_store.sdk.get_object(Bucket=bucket, Key=f"in/orders/{add['path']}")["Body"].read()
    object_store.sdk.put_object(Bucket=bucket, Key="secret/a.parquet", Body=content)
    delta.commit({"add": {**add, "path": path}}, {"remove": {"path": add["path"], "dataChange": True}})
    with pytest.raises(SourceBroken, match="parts of dots alone"):
        rows_of(source)
