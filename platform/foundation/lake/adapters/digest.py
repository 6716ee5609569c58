"""A digest of a table that is the same for the same columns and rows, in whatever order and files they lie.

The rows are put in one order, by all their columns from the first to the last, ascending, missing values last. Then
every column is hashed by itself with SHA-256: where values are missing, how long its texts are, and the values' bytes;
and these hashes after the columns' names and types and the number of rows. Tables of the same digest have the same
rows, as often. Numbers that SQL holds for equal are the same here: every NaN, and 0 and -0.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection

from foundation.lake.adapters import digest_by_row
from foundation.lake.adapters.sessions import name
from foundation.lake.adapters.widths import is_nested, rows_at_once
from foundation.lake.ports import Column

_FORM = b"sanad table 2\n"
_AHEAD_MB = 64
_MOST_ROWS = 61_440
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_MOMENTS = ("DATE", "TIME", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE")
_FLOATS = ("FLOAT", "DOUBLE")
# The word, outside of quoted names and texts.
_JSON = re.compile(r""""(?:[^"]|"")*"|'(?:[^']|'')*'|\b(JSON)\b""")
_NONE = np.zeros(0, np.int64)


class Watch(Protocol):
    """What else looks at the rows while they go by, in any order; begun anew where that turns out to be another."""

    def begin(self) -> None: ...

    def take(self, batch: pa.RecordBatch, first: int) -> None: ...

    def end(self) -> None: ...


def digest_of(
    connection: DuckDBPyConnection,
    relation: str,
    columns: Sequence[Column],
    watch: Watch | None = None,
    *,
    json_as_json: bool = False,
) -> str:
    """64 hexadecimal digits; sorting spills to encrypted files where memory is short.

    `json_as_json`: in the form of releases before this one, which wrote out JSON as what it is.
    """
    # Rows are read ahead, on other processors than the one that hashes.
    connection.execute(f"SET streaming_buffer_size = '{_AHEAD_MB}MB'")
    written = ", ".join(f"{_written(column, json_as_json)} AS c{number}" for number, column in enumerate(columns))
    head = _FORM + json.dumps([[column.name, column.type] for column in columns], ensure_ascii=False).encode()
    sql = f"SELECT {written} FROM {relation}"
    at_once = rows_at_once(connection, relation, columns, _MOST_ROWS)
    if columns[0].type in (*_WHOLE, *_MOMENTS):
        # Most tables lie in the order of their first column, a key or a time: that is found out on the way, and then
        # they need no sorting, which takes most of the time.
        try:
            return _hashed(head, _in_order(_batches(connection, sql, at_once)), len(columns), watch)
        except _NotInOrder:
            pass
    return _hashed(head, _batches(connection, f"{sql} ORDER BY ALL ASC NULLS LAST", at_once), len(columns), watch)


def has(connection: DuckDBPyConnection, relation: str, columns: Sequence[Column], digest: str) -> bool:
    """Whether the table has this digest, of this form or of one that there was before."""
    if digest_of(connection, relation, columns) == digest:
        return True
    if any(_has_json(column.type) for column in columns):
        # What is JSON was written out as such, so that `null` and no value were the same.
        former = digest_of(connection, relation, columns, json_as_json=True)
        if former == digest:
            return True
    return digest_by_row.digest_of(connection, relation, columns) == digest


class _NotInOrder(Exception):
    pass


def _has_json(type_: str) -> bool:
    return any(found[1] for found in _JSON.finditer(type_))


def _written(column: Column, json_as_json: bool) -> str:
    """The column in one of the types that are hashed as they lie in memory: fixed numbers, or text."""
    value = name(column.name)
    if is_nested(column.type):
        return f"to_json({value})::VARCHAR" if json_as_json else _nested(value, column.type)
    if column.type in (*_WHOLE, *_MOMENTS, *_FLOATS, "VARCHAR", "BLOB") or column.type.startswith("DECIMAL"):
        return value
    if column.type == "BOOLEAN":
        return f"{value}::UTINYINT"
    return f"{value}::VARCHAR"


def _nested(value: str, type_: str) -> str:
    """As JSON; what is JSON itself as the text that it is, or `null` written out would be the same as no value."""
    if type_ == "JSON":
        return f"{value}::VARCHAR"
    plain = _JSON.sub(lambda found: found[0] if found[1] is None else "VARCHAR", type_)
    return f"to_json({value if plain == type_ else f'{value}::{plain}'})::VARCHAR"


def _batches(connection: DuckDBPyConnection, sql: str, at_once: int) -> Iterator[pa.RecordBatch]:
    rows = connection.execute(sql).to_arrow_reader(at_once)
    # DuckDB puts a batch together in the thread that asks for it: one is made while the one before is looked at.
    with ThreadPoolExecutor(1, thread_name_prefix="lake-reader") as reader:
        coming = reader.submit(next, rows, None)
        while (batch := coming.result()) is not None:
            coming = reader.submit(next, rows, None)
            yield batch


def _in_order(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches, for as long as their first column grows from each row to the next: then no other column decides."""
    last: Any = None
    for batch in batches:
        column = batch.column(0)
        if column.null_count:
            raise _NotInOrder
        values = fixed(column)
        if len(values) and ((last is not None and values[0] <= last) or not (values[1:] > values[:-1]).all()):
            raise _NotInOrder
        last = values[-1] if len(values) else last
        yield batch


def _hashed(head: bytes, batches: Iterator[pa.RecordBatch], width: int, watch: Watch | None) -> str:
    columns, rows = [_Column() for _ in range(width)], 0
    if watch:
        watch.begin()
    with ThreadPoolExecutor(1, thread_name_prefix="lake-digest") as hasher:
        before: Future[None] | None = None
        for batch in batches:
            hashed = hasher.submit(_take, columns, batch, rows)
            if watch:
                watch.take(batch, rows)
            rows += batch.num_rows
            if before:
                before.result()
            before = hashed
        if before:
            before.result()
    if watch:
        watch.end()
    digest = hashlib.sha256(head + f"\n{rows}\n".encode())
    for column in columns:
        digest.update(column.ended())
    return digest.hexdigest()


def _take(columns: Sequence[_Column], batch: pa.RecordBatch, first: int) -> None:
    for column, values in zip(columns, batch.columns, strict=True):
        column.take(values, first)


class _Column:
    """The hashes of one column, batch by batch; how the rows are parted into batches leaves no trace."""

    def __init__(self) -> None:
        self._missing, self._lengths, self._values = hashlib.sha256(), hashlib.sha256(), hashlib.sha256()

    def take(self, column: pa.Array, first: int) -> None:
        """Values of rows from the number `first` on."""
        places = np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False)) if column.null_count else _NONE
        self._missing.update((places + first).astype("<i8").tobytes())
        if not (pa.types.is_string(column.type) or pa.types.is_binary(column.type)):
            values = _even(column) if pa.types.is_floating(column.type) else fixed(column)
            if len(places):  # what lies in memory where a value is missing is anything
                values = values.copy()
                values[places] = np.zeros(1, values.dtype)
            self._values.update(values.tobytes())
            return
        if len(places):
            column = column.fill_null(pa.scalar(b"").cast(column.type))
        ends = np.frombuffer(column.buffers()[1], "<i4")[column.offset : column.offset + len(column) + 1]
        self._lengths.update(np.diff(ends).tobytes())
        if data := column.buffers()[2]:
            self._values.update(memoryview(data)[int(ends[0]) : int(ends[-1])])

    def ended(self) -> bytes:
        return self._missing.digest() + self._lengths.digest() + self._values.digest()


def _even(column: pa.Array) -> np.ndarray[Any, Any]:
    """The numbers, each as one of those that SQL holds for equal to it."""
    with np.errstate(invalid="ignore"):  # of NaN of the kind that signals
        numbers = fixed(column, of_floats=True) + 0  # -0 becomes 0
    if len(other := np.flatnonzero(np.isnan(numbers))):
        numbers[other] = np.nan
    return numbers


def fixed(column: pa.Array, *, of_floats: bool = False) -> np.ndarray[Any, Any]:
    """The numbers as they lie in memory, of 1 to 16 bytes each; where one is missing lies anything."""
    width = column.type.bit_width // 8
    if of_floats:
        return np.frombuffer(column.buffers()[1], f"<f{width}")[column.offset : column.offset + len(column)]
    form = {1: "u1", 2: "<i2", 4: "<i4", 8: "<i8", 16: "V16"}[width]
    if pa.types.is_unsigned_integer(column.type):
        form = form.replace("i", "u")
    return np.frombuffer(column.buffers()[1], form)[column.offset : column.offset + len(column)]
