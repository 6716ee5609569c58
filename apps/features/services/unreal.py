"""One rule for what is no number or infinite: it is missing, offline as online, and how many there were is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def made_missing(rows: pa.RecordBatchReader, counts: Counter[str]) -> pa.RecordBatchReader:
    """The same rows, NaN and infinities as nulls; `counts` has how many of each column once they are read."""
    # Loaded with the first rows: a portal that computes nothing needs none of it.
    import pyarrow as pa

    floats = [index for index, field in enumerate(rows.schema) if pa.types.is_floating(field.type)]
    if not floats:
        return rows
    return pa.RecordBatchReader.from_batches(rows.schema, _batches(rows, floats, counts))


def _batches(rows: pa.RecordBatchReader, floats: list[int], counts: Counter[str]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    import pyarrow.compute as pc

    for batch in rows:
        columns = list(batch.columns)
        for index in floats:
            column = columns[index]
            real = pc.is_finite(column)
            # Unknown of nulls, which `false_count` leaves out.
            if unreal := real.false_count:
                counts[rows.schema.names[index]] += unreal
                columns[index] = pc.if_else(real, column, pa.scalar(None, column.type))
        yield pa.RecordBatch.from_arrays(columns, schema=rows.schema)
