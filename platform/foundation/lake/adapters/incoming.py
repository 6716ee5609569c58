"""Arrow on its way into a table: types the lake has no word for are translated, and errors of the source are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa


class Incoming:
    """A source that DuckDB reads once; `failure` is what the source itself raised, which DuckDB would only quote."""

    def __init__(
        self, source: pa.RecordBatchReader | pa.Table, *, on_rows: Callable[[int], None] | None = None
    ) -> None:
        self._source = source.to_reader() if isinstance(source, pa.Table) else source
        self._on_rows = on_rows
        self._schema = pa.schema([_storable(field) for field in self._source.schema])
        self.failure: Exception | None = None
        self.rows = 0

    def reader(self) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_batches(self._schema, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        try:
            for batch in self._source:
                self.rows += batch.num_rows
                if self._on_rows is not None:
                    self._on_rows(self.rows)
                yield batch if batch.schema.equals(self._schema) else batch.cast(self._schema)
        except Exception as error:
            self.failure = error
            raise


def _storable(field: pa.Field) -> pa.Field:
    kind = field.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_null(kind):
        kind = pa.string()
    if pa.types.is_float16(kind):
        kind = pa.float32()
    return pa.field(field.name, kind, nullable=True)
