"""A child that was taken over answers what it likes; the portal reads no more of it than the limits say."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest

from foundation.lake import SqlFailed, sandbox
from foundation.lake.sandbox import answers, children, template

TAKEN_OVER = """
import os, struct, sys; sys.path.insert(0, sys.argv[2])
import pyarrow as pa
from foundation.lake.adapters import child_main, child_sql
def send(reader, rows, **limits):
    array = {array}
    with os.fdopen(rows, "wb") as sink, pa.ipc.new_stream(
        sink,
        pa.schema([("x", array.type)]),
        options=pa.ipc.IpcWriteOptions(compression={packed!r}, allow_64bit=True),
    ) as stream:
        for _ in range({times}):
            stream.write_batch(pa.record_batch([array], names=["x"]))
    return {{"rows": 1}}
child_sql.send = send
child_main.main(sys.argv)
"""
MEGABYTE = 'pa.array(["x" * (1 << 20)])'
# A text that claims to be 900 MB long, in a buffer of one byte.
OFFSETS = 'pa.py_buffer(struct.pack("<iii", 0, 900 << 20, 1))'
CLAIMS = f'pa.Array.from_buffers(pa.string(), 2, [None, {OFFSETS}, pa.py_buffer(b"x")])'


@pytest.fixture
def pool_of(monkeypatch):
    """Children of which a query has made something else: `pool_of(array=…, times=…)`."""
    pools = []

    def take_over(script=TAKEN_OVER, **said):
        monkeypatch.setattr(template, "_START", script.format(**{"packed": None, **said}))
        pools.append(children.Pool())
        monkeypatch.setattr(children, "_pool", pools[-1])

    yield take_over
    for pool in pools:
        pool.close()


def asked(lake_id, **limits):
    return sandbox.run(lake_id, "SELECT 1 AS x", {}, **limits)


def test_more_rows_than_allowed_are_not_read(lake_id, pool_of):
    pool_of(array=MEGABYTE, times=100_000)
    with pytest.raises(SqlFailed, match="larger than 1 MB"):
        for _batch in asked(lake_id, result_mb=1):
            pass


def test_one_piece_larger_than_memory_is_not_read(lake_id, pool_of):
    pool_of(array='pa.array(["x" * (600 << 20)])', times=1)
    with pytest.raises(SqlFailed, match="larger than 4096 MB"):
        asked(lake_id, memory_mb=256).read_all()


def test_rows_that_only_look_like_rows_are_not_handed_on(lake_id, pool_of):
    pool_of(array=CLAIMS, times=1)
    with pytest.raises(SqlFailed, match="ended without an answer"):
        asked(lake_id).read_all()


def test_what_unpacks_to_a_thousand_times_as_much_is_not_unpacked(lake_id, pool_of):
    pool_of(array='pa.array(["x" * (200 << 20)])', times=1000, packed="zstd")
    with pytest.raises(SqlFailed, match="larger than 1 MB"):
        asked(lake_id, result_mb=1).read_all()


@pytest.mark.parametrize(
    "array",
    [
        "pa.Array.from_buffers(pa.null(), 1 << 40, [None])",
        "pa.Array.from_buffers(pa.struct([]), 1 << 40, [None])",
        'pa.RunEndEncodedArray.from_arrays(pa.array([1 << 40], pa.int64()), pa.array(["x"]))',
        "pa.ListArray.from_arrays(pa.array([0, 2**31 - 2], pa.int32()), pa.nulls(2**31 - 2))",
    ],
)
def test_rows_that_take_no_bytes_are_counted_all_the_same(lake_id, pool_of, array):
    pool_of(array=array, times=1)
    with pytest.raises(SqlFailed, match="ended without an answer"):
        asked(lake_id).read_all()


def test_no_more_rows_come_than_were_asked_for(lake_id, pool_of):
    pool_of(array='pa.array(["x"] * 1000)', times=1000)
    assert asked(lake_id, limit_rows=50).read_all().num_rows == 50


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
def test_frames_are_followed_however_they_are_cut(step):
    written, table = io.BytesIO(), pa.table({"a": [1, None, 3], "b": pa.array(["x", "y", "x"]).dictionary_encode()})
    with pa.ipc.new_stream(written, table.schema) as stream:
        for _ in range(3):
            stream.write_table(table)
    plain = written.getvalue()
    for data, packed in ((plain, False), (packed_of(table), True)):
        frames = answers._Frames()
        pieces = [data[at : at + step] for at in range(0, len(data), step)]
        if packed:
            with pytest.raises(answers._Packed):
                for piece in pieces:
                    frames.take(piece)
        else:
            for piece in pieces:
                frames.take(piece)


def packed_of(table):
    written = io.BytesIO()
    with pa.ipc.new_stream(written, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as stream:
        stream.write_table(table)
    return written.getvalue()


def test_an_outcome_without_end_is_not_read(lake_id, pool_of):
    pool_of(
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "from foundation.lake.adapters import child_main, child_sql\n"
        'child_sql.run = lambda *_: {{"columns": [["x" * ({length}), "INTEGER"]]}}\n'
        "child_main.main(sys.argv)",
        length=answers.LONGEST_LINE,
    )
    with pytest.raises(SqlFailed, match="needed more than"):
        sandbox.describe(lake_id, "SELECT 1 AS x", {})


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b'{"rows": 1}',
        b"{rows}\n",
        b"[1]\n",
        b"[" * 100_000 + b"\n",
        b"\xff\n",
        b'{"a": 1' + b" " * (9 << 20) + b"}\n",
    ],
)
def test_what_is_no_line_of_json_says_nothing(said):
    assert answers.line_of(io.BytesIO(said)) == {}


def test_a_line_is_read_and_the_next_one_left():
    pipe = io.BytesIO(b'{"ready": []}\n{"rows": 2}\n')
    assert [answers.line_of(pipe), answers.line_of(pipe)] == [{"ready": []}, {"rows": 2}]
