"""A Delta table in a bucket: read as of one version, without what was deleted."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from pyroaring import BitMap64

from apps.connections.adapters import deletions, table_files
from apps.connections.errors import PlaceMissing, SourceBroken, SourceChanged
from apps.connections.ports import Asked, Place
from tests.apps.connections.tables_stage import EVERYTHING, TYPES, bucket, delta, ids_of, numbers, put, rows_of, source

__all__ = ["bucket", "delta", "put", "source"]
pytestmark = pytest.mark.usefixtures("loopback_allowed")


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
