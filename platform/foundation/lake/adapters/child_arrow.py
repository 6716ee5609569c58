"""In the child: Arrow IPC, as a file (Feather V2) or as a stream, one batch after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa

from foundation.lake.adapters.child_csv import check_names
from foundation.lake.adapters.child_refusal import Refusal

_FILE, _FIRST_FEATHER = b"ARROW1", b"FEA1"
_BATCH = 65_536
_DEEPEST = 64


def rows_of(path: str) -> pa.RecordBatchReader:
    """The rows, each column of a type that the lake has; raises Refusal for what is no Arrow, or has no such type."""
    source = pa.OSFile(path)
    try:
        batches, schema = opened(source)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise Refusal("damaged", format="Arrow") from error
    check_names(schema.names, line=None)
    wanted = pa.schema([pa.field(field.name, storable(field.type, field.name)) for field in schema])
    return pa.RecordBatchReader.from_batches(wanted, fitted(batches, wanted))


def opened(source: pa.NativeFile) -> tuple[Iterator[pa.RecordBatch], pa.Schema]:
    """The batches as they are written, and their columns."""
    head = source.read(6)
    source.seek(0)
    if head[:4] == _FIRST_FEATHER:
        raise Refusal("feather_one")
    if head != _FILE:
        stream = pa.ipc.open_stream(source)
        return iter(stream), stream.schema
    found = pa.ipc.open_file(source)
    return (found.get_batch(number) for number in range(found.num_record_batches)), found.schema


def fitted(batches: Iterator[pa.RecordBatch], wanted: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The batches in slices; each is looked at in full before anything reads it, since it is somebody else's."""
    for number, batch in enumerate(batches, start=1):
        batch.validate(full=True)
        for start in range(0, batch.num_rows, _BATCH):
            part = batch.slice(start, _BATCH)
            yield pa.record_batch(
                [_cast(part.column(at), field, number) for at, field in enumerate(wanted)], schema=wanted
            )


def _cast(values: pa.Array, field: pa.Field, number: int) -> pa.Array:
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    if values.type.equals(field.type):
        return values
    try:
        # Of times finer than the lake's, in a zone, the last digits go, as they do out of Parquet.
        return values.cast(field.type, safe=not pa.types.is_timestamp(field.type))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise Refusal("arrow_value", column=field.name, batch=number, type=str(field.type)) from error


def storable(kind: pa.DataType, column: str, depth: int = 0) -> pa.DataType:
    """The type as which the lake holds a column; Refusal names the column where there is none."""
    if depth > _DEEPEST:
        raise Refusal("arrow_type", column=column, type="nested too deep")
    made = next((made for test, made in _SIMPLE if test(kind)), None)
    if made is not None:
        return made(kind)
    if isinstance(kind, pa.BaseExtensionType):
        return storable(kind.storage_type, column, depth + 1)
    if pa.types.is_dictionary(kind):
        return storable(kind.value_type, column, depth + 1)
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(part.name, storable(part.type, column, depth + 1)) for part in kind])
    if pa.types.is_map(kind):
        return pa.map_(storable(kind.key_type, column, depth + 1), storable(kind.item_type, column, depth + 1))
    if _is_list(kind):
        return pa.list_(storable(kind.value_type, column, depth + 1))
    if pa.types.is_decimal(kind) and kind.precision <= 38:
        return pa.decimal128(kind.precision, kind.scale)
    if pa.types.is_duration(kind) or not _known(kind):
        raise Refusal("arrow_type", column=column, type=str(kind)[:80])
    return kind


def _is_list(kind: pa.DataType) -> bool:
    return any(
        test(kind)
        for test in (
            pa.types.is_list,
            pa.types.is_large_list,
            pa.types.is_fixed_size_list,
            pa.types.is_list_view,
            pa.types.is_large_list_view,
        )
    )


def _known(kind: pa.DataType) -> bool:
    return any(
        test(kind)
        for test in (
            pa.types.is_boolean,
            pa.types.is_integer,
            pa.types.is_floating,
            pa.types.is_string,
            pa.types.is_binary,
            pa.types.is_date32,
        )
    )


def _time(kind: pa.DataType) -> pa.DataType:
    # The lake's times end at microseconds; finer ones are text, as those out of Parquet are.
    return pa.string() if kind.unit == "ns" else pa.time64("us")


def _timestamp(kind: pa.DataType) -> pa.DataType:
    return kind if kind.tz is None else pa.timestamp("us", "UTC")


_SIMPLE: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.DataType], pa.DataType]], ...] = (
    (pa.types.is_null, lambda _kind: pa.string()),
    (pa.types.is_float16, lambda _kind: pa.float32()),
    (pa.types.is_large_string, lambda _kind: pa.string()),
    (pa.types.is_string_view, lambda _kind: pa.string()),
    (pa.types.is_large_binary, lambda _kind: pa.binary()),
    (pa.types.is_binary_view, lambda _kind: pa.binary()),
    (pa.types.is_fixed_size_binary, lambda _kind: pa.binary()),
    (pa.types.is_date64, lambda _kind: pa.date32()),
    (pa.types.is_time, _time),
    (pa.types.is_timestamp, _timestamp),
)
