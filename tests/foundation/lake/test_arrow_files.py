"""Arrow files and streams: every type that the lake has comes as it is, every other is named with its column."""

from __future__ import annotations

import io
import uuid
from datetime import date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pyarrow.feather
import pytest

from tests.foundation.lake.files_stage import ingest, refused

__all__ = ["ingest", "refused"]


def written(table: pa.Table, form=pa.ipc.new_file, rows=None, **options) -> bytes:
    sink = io.BytesIO()
    with form(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, rows)
    return sink.getvalue()


HELD = {
    "whole": (pa.array([1, None], pa.uint8()), [1, None]),
    "half": (pa.array([1.5, None], pa.float32()).cast(pa.float16()), [1.5, None]),
    "text": (pa.array(["x", None], pa.large_string()), ["x", None]),
    "view": (pa.array(["a text beyond a view", None]).cast(pa.string_view()), ["a text beyond a view", None]),
    "word": (pa.array(["x", "x"]).dictionary_encode(), ["x", "x"]),
    "bytes": (pa.array([b"\0\1", None], pa.binary(2)), [b"\0\1", None]),
    "money": (pa.array([Decimal("1.50"), None], pa.decimal256(9, 2)), [Decimal("1.50"), None]),
    "day": (pa.array([date(2024, 2, 29), None], pa.date64()), [date(2024, 2, 29), None]),
    "clock": (pa.array([time(1, 2, 3), None], pa.time32("s")), [time(1, 2, 3), None]),
    "fine": (pa.array([1, None], pa.int64()).cast(pa.time64("ns")), ["00:00:00.000000001", None]),
    "at": (pa.array([datetime(2024, 1, 1), None], pa.timestamp("ms")), [datetime(2024, 1, 1), None]),
    "nothing": (pa.nulls(2), [None, None]),
    "list": (pa.array([[1, None], None], pa.large_list(pa.int32())), [[1, None], None]),
    "pair": (pa.array([[1, 2], None], pa.list_(pa.int32(), 2)), [[1, 2], None]),
    "things": (
        pa.array([{"a": ["x"], "b": 1}, None], pa.struct({"a": pa.list_(pa.large_string()), "b": pa.int8()})),
        [{"a": ["x"], "b": 1}, None],
    ),
    "map": (pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())), [[("k", 1)], None]),
    "id": (
        pa.ExtensionArray.from_storage(pa.uuid(), pa.array([uuid.UUID(int=7).bytes, None], pa.binary(16))),
        [uuid.UUID(int=7).bytes, None],
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("form", "options"),
    [
        (pa.ipc.new_file, {}),
        (pa.ipc.new_stream, {}),
        (pa.ipc.new_file, {"compression": "zstd"}),
        (pa.ipc.new_stream, {"compression": "lz4"}),
    ],
    ids=["file", "stream", "zstd", "lz4"],
)
def test_every_type_that_the_lake_has_is_read(ingest, form, options):
    table = pa.table({name: values for name, (values, _found) in HELD.items()})
    assert ingest(written(table, form, **options), "arrow") == {name: found for name, (_values, found) in HELD.items()}


def test_rows_keep_their_zone_and_come_from_all_batches(ingest):
    at = pa.array(range(200_000), pa.int64()).cast(pa.timestamp("ns", "Asia/Dubai"))
    found = ingest(written(pa.table({"n": range(200_000), "at": at}), rows=70_000), "arrow")
    assert sorted(found["n"]) == list(range(200_000))
    assert found["at"][0].utcoffset().total_seconds() == 0


DENSE = pa.UnionArray.from_dense(
    pa.array([0, 1], pa.int8()), pa.array([0, 0], pa.int32()), [pa.array([1]), pa.array(["x"])]
)
NOT_HELD = {
    "union": DENSE,
    "run_end_encoded": pa.RunEndEncodedArray.from_arrays([1, 2], ["a", "b"]),
    "duration": pa.array([1, 2], pa.duration("s")),
    "interval": pa.array([pa.MonthDayNano([1, 2, 3])] * 2),
    "decimal256": pa.array([Decimal("9" * 60)] * 2, pa.decimal256(60, 0)),
}


@pytest.mark.parametrize("name", NOT_HELD)
def test_a_type_that_the_lake_lacks_is_named_with_its_column(refused, name):
    inside = pa.array([[0], [1]]) if name == "union" else None
    assert f"The column “{name}” of “upload.arrow” is of the Arrow type" in refused(
        written(pa.table({"fine": [1, 2], name: NOT_HELD[name]})), "arrow"
    )
    if inside is not None:
        nested = pa.StructArray.from_arrays([DENSE], ["deep"])
        assert "The column “outer” of" in refused(written(pa.table({"outer": nested})), "arrow")


WHOLE = written(pa.table({"n": range(1000), "word": ["x"] * 1000}))
STREAM = written(pa.table({"n": range(1000)}), pa.ipc.new_stream)


def feather_one():
    sink = io.BytesIO()
    pyarrow.feather.write_feather(pa.table({"a": [1]}), sink, version=1)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"a,b\n1,2\n", "damaged or not of the format Arrow"),
        (WHOLE[:-20], "damaged"),
        (WHOLE[:-200] + b"\xff" * 180 + WHOLE[-20:], "damaged"),
        (WHOLE[:600], "damaged"),
        (STREAM[: len(STREAM) // 2], "damaged"),
        (written(pa.table({"n": pa.array([], pa.int64())})), "no rows"),
        (written(pa.table([[1], [2]], names=["a", "A"])), "has the column “A” twice"),
        (feather_one(), "Feather's first version"),
    ],
    ids=["empty", "csv", "no footer", "footer", "half", "half a stream", "no rows", "twice", "feather 1"],
)
def test_what_is_no_arrow_is_said(refused, content, sentence):
    assert sentence in refused(content, "arrow")


def test_offsets_that_point_elsewhere_are_not_followed(refused):
    content = bytearray(written(pa.table({"word": ["abcd", "efgh"]}), pa.ipc.new_stream))
    place = content.index(b"abcdefgh") - 64
    content[place + 8 : place + 12] = (1 << 30).to_bytes(4, "little")
    content[place + 4 : place + 8] = (1 << 29).to_bytes(4, "little")
    assert "damaged" in refused(bytes(content), "arrow")
