"""Rows as the data files of a table: so many rows in each, in types that the table's format has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

import pyarrow as pa

from apps.datasets.adapters import rows_out

ROWS_IN_A_PART = 1_000_000


@dataclass
class Part:
    """One data file; how large it is and how many rows it has is known once it has been made."""

    name: str
    rows: int = 0
    size: int = 0
    pieces: Iterable[bytes] = field(default=(), repr=False)


def parts_of(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[Part]:
    """The data files; each has to be read to its end before the next one is asked for."""
    waiting = iter(batches)
    for number, first in enumerate(waiting):
        part = Part(f"part-{number:05d}.parquet")
        part.pieces = _counted(part, rows_out.parquet(_taken(part, chain([first], waiting), schema), schema))
        yield part


def _taken(part: Part, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        part.rows += batch.num_rows
        yield fitted(batch, schema)
        if part.rows >= ROWS_IN_A_PART:
            return


def _counted(part: Part, pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        part.size += len(piece)
        yield piece


def fitted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [_cast(column, one.type) for column, one in zip(batch.columns, schema, strict=True)]
    return pa.record_batch(columns, schema=schema)


def _cast(values: pa.Array, kind: pa.DataType) -> pa.Array:
    if values.type.equals(kind):
        return values
    try:
        # Times finer than the formats have lose their last digits.
        return values.cast(kind, safe=not pa.types.is_timestamp(kind))
    except pa.ArrowNotImplementedError:
        return pa.array([None if one is None else str(one) for one in values.to_pylist()], pa.string())


def plain(kind: pa.DataType, *, small: bool, clock: bool) -> pa.DataType:
    """The type that every reader knows; `small`: whole numbers of 8 and 16 bits, `clock`: times of the day stay."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return pa.list_(plain(kind.value_type, small=small, clock=clock))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(one.name, plain(one.type, small=small, clock=clock)) for one in kind])
    if pa.types.is_map(kind):
        held = [plain(one, small=small, clock=clock) for one in (kind.key_type, kind.item_type)]
        return pa.map_(*held)
    if pa.types.is_integer(kind):
        return _whole(kind, small=small)
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", "UTC" if kind.tz else None)
    if pa.types.is_time(kind) and clock:
        return pa.time64("us")
    if pa.types.is_large_binary(kind):
        return pa.binary()
    kept = (pa.types.is_boolean, pa.types.is_floating, pa.types.is_binary, pa.types.is_date32, pa.types.is_decimal128)
    return kind if any(test(kind) for test in kept) else pa.string()


def _whole(kind: pa.DataType, *, small: bool) -> pa.DataType:
    if kind.equals(pa.uint64()):
        return pa.decimal128(20, 0)
    # A number without a sign takes one bit more with one.
    bits = kind.bit_width * (1 if pa.types.is_signed_integer(kind) else 2)
    if bits > 32:
        return pa.int64()
    return {8: pa.int8(), 16: pa.int16()}.get(bits, pa.int32()) if small else pa.int32()
