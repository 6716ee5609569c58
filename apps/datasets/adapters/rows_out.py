"""Rows as one file: Parquet, Arrow or CSV, in bounded memory."""

from __future__ import annotations

import codecs
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from foundation.web.list_files import FORMULA, Tape

# What a spreadsheet would take for a formula, and is no number.
_FORMULA, _NUMBER = f"^[{''.join(map(re.escape, FORMULA))}]", r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


def parquet(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[bytes]:
    tape = Tape()
    with pq.ParquetWriter(pa.PythonFile(tape, mode="w"), schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
            yield tape.take()
    yield tape.take()


def arrow(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[bytes]:
    """An Arrow IPC file (Feather V2)."""
    tape, options = Tape(), pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_file(pa.PythonFile(tape, mode="w"), schema, options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)
            yield tape.take()
    yield tape.take()


def csv(batches: Iterable[pa.RecordBatch], schema: pa.Schema, *, exact: bool) -> Iterator[bytes]:
    """CSV in UTF-8. Lists and structures are JSON, bytes hexadecimal, missing values empty without quotes.

    Unless `exact`: with the mark by which spreadsheets know UTF-8, and text that they would take for a formula begins
    with an apostrophe, as OWASP advises ("CSV Injection"). Numbers stay as they are in either case.
    """
    flat = pa.schema([pa.field(one.name, one.type if _is_plain(one.type) else pa.string()) for one in schema])
    named = flat if exact else pa.schema([pa.field(_harmless_name(one.name), one.type) for one in flat])
    tape = Tape()
    if not exact:
        yield codecs.BOM_UTF8
    with pyarrow.csv.CSVWriter(pa.PythonFile(tape, mode="w"), named) as writer:
        for batch in batches:
            columns = [_flat(column, one.type, exact) for column, one in zip(batch.columns, flat, strict=True)]
            writer.write_batch(pa.record_batch(columns, schema=named))
            yield tape.take()
    yield tape.take()


def _is_plain(kind: pa.DataType) -> bool:
    tests = (pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_string, pa.types.is_decimal)
    return any(test(kind) for test in (*tests, pa.types.is_date, pa.types.is_time, pa.types.is_timestamp))


def _flat(values: pa.Array, kind: pa.DataType, exact: bool) -> pa.Array:
    if not values.type.equals(kind):
        values = pa.array([None if one is None else _worded(one) for one in values.to_pylist()], pa.string())
    if exact or not pa.types.is_string(kind):
        return values
    risky = pc.and_(pc.match_substring_regex(values, _FORMULA), pc.invert(pc.match_substring_regex(values, _NUMBER)))
    return pc.if_else(pc.fill_null(risky, False), pc.binary_join_element_wise("'", values, ""), values)


def _harmless_name(name: str) -> str:
    return f"'{name}" if name.startswith(FORMULA) else name


def _worded(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return json.dumps(value, ensure_ascii=False, default=_plain) if isinstance(value, list | dict) else str(value)


def _plain(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def zipped(files: Iterable[tuple[str, Iterable[bytes]]]) -> Iterator[bytes]:
    """A zip of files that are made one after the other; what is in them is packed already."""
    tape = Tape()
    with zipfile.ZipFile(tape, "w") as archive:
        for name, pieces in files:
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as entry:
                for piece in pieces:
                    entry.write(piece)
                    yield tape.take()
            yield tape.take()
    yield tape.take()
