"""One rule for what is no number or infinite: it is missing, offline as online, and how many there were is told.

Of times and days infinite are those that the engine calls so, and those outside the years 1 to 9999: no program that
reads features holds them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896
_PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000}
_LARGEST = 2**63 - 1


def made_missing(rows: pa.RecordBatchReader, counts: Counter[str], names: Collection[str]) -> pa.RecordBatchReader:
    """The same rows, what is not finite in these columns as nulls; `counts` has how many of each once they are read."""
    # Loaded with the first rows: a portal that computes nothing needs none of it.
    import pyarrow as pa

    chosen = [index for index, field in enumerate(rows.schema) if field.name in names and _may_be_unreal(field.type)]
    if not chosen:
        return rows
    return pa.RecordBatchReader.from_batches(rows.schema, _batches(rows, chosen, counts))


def unreal_in(column: pa.ChunkedArray) -> int:
    """How many values of it are not finite; of what is neither number nor time none is."""
    return sum(_real(chunk).false_count for chunk in column.chunks) if _may_be_unreal(column.type) else 0


def _batches(rows: pa.RecordBatchReader, chosen: list[int], counts: Counter[str]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    import pyarrow.compute as pc

    for batch in rows:
        columns = list(batch.columns)
        for index in chosen:
            column = columns[index]
            real = _real(column)
            # Unknown of nulls, which `false_count` leaves out.
            if unreal := real.false_count:
                counts[rows.schema.names[index]] += unreal
                columns[index] = pc.if_else(real, column, pa.scalar(None, column.type))
        yield pa.RecordBatch.from_arrays(columns, schema=rows.schema)


def _may_be_unreal(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_floating(kind) or pa.types.is_timestamp(kind) or pa.types.is_date32(kind))


def _real(column: Any) -> Any:
    """Of each value whether it is finite."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(column.type):
        return pc.is_finite(column)
    if pa.types.is_date32(column.type):
        first, last, counted = _FIRST_DAY, _LAST_DAY, column.view(pa.int32())
    else:
        counted, per_day = column.view(pa.int64()), _PER_DAY.get(column.type.unit)
        # Nanoseconds reach from 1677 to 2262; only their two ends are infinite.
        first, last = 1 - _LARGEST, _LARGEST - 1
        if per_day:
            # What has a zone is within these years in every other one, too.
            edge = 1 if column.type.tz else 0
            first, last = (_FIRST_DAY + edge) * per_day, (_LAST_DAY + 1 - edge) * per_day - 1
    return pc.and_(pc.greater_equal(counted, first), pc.less_equal(counted, last))
