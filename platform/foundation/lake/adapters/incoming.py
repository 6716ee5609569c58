"""Arrow on its way into a table: types the lake has no word for are translated, and errors of the source are kept."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import pyarrow as pa

from foundation.lake.adapters import row_groups

_WAITING = 4  # batches that were read and not yet written
Written = TypeVar("Written")


class Incoming:
    """A source that is written once; `failure` is what the source itself raised, which DuckDB would only quote."""

    def __init__(
        self,
        source: pa.RecordBatchReader | pa.Table,
        *,
        on_rows: Callable[[int], None] | None = None,
        change: Callable[[pa.RecordBatch], pa.RecordBatch] | None = None,
    ) -> None:
        self._source = source.to_reader() if isinstance(source, pa.Table) else source
        self._on_rows = on_rows or (lambda _rows: None)
        self._change = change or (lambda batch: batch)
        told = self._change(_nothing(self._source.schema)).schema
        self._schema = pa.schema([_storable(field) for field in told])
        self._queue: queue.Queue[pa.RecordBatch | None] = queue.Queue(_WAITING)
        self._over = False
        self.failure: BaseException | None = None

    def feed(self, write: Callable[[pa.RecordBatchReader], Written]) -> Written:
        """Let `write` read the rows in a thread of its own.

        The source and `on_rows` stay in the caller's thread, where his database connection and his language are;
        DuckDB would ask for rows in any of its threads.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="lake-writer") as writer:
            written = writer.submit(write, pa.RecordBatchReader.from_batches(self._schema, self._handed()))
            written.add_done_callback(self._stop)
            try:
                self._read()
            except BaseException as error:  # noqa: BLE001 - raised again by who asked for the write
                self.failure = error
            self._queue.put(None)
            return written.result()

    def _read(self) -> None:
        rows = 0
        for batch in self._source:
            if self._over:
                return
            rows += batch.num_rows
            self._on_rows(rows)
            batch = self._change(batch)
            self._queue.put(batch if batch.schema.equals(self._schema) else batch.cast(self._schema))

    def _handed(self) -> Iterator[pa.RecordBatch]:
        while (batch := self._queue.get()) is not None:
            yield from row_groups.light(batch)
        if self.failure is not None:
            raise RuntimeError("the source failed")

    def _stop(self, _written: Future[Written]) -> None:
        """The writer ended, perhaps early: make room, so that the reader does not wait for it."""
        self._over = True
        while not self._queue.empty():
            self._queue.get_nowait()


def _nothing(schema: pa.Schema) -> pa.RecordBatch:
    """No rows of exactly these types; Arrow makes categories of another width where it is given no values."""
    return pa.RecordBatch.from_arrays([pa.nulls(0, field.type) for field in schema], schema=schema)


def _storable(field: pa.Field) -> pa.Field:
    kind = field.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_null(kind):
        kind = pa.string()
    if pa.types.is_float16(kind):
        kind = pa.float32()
    return pa.field(field.name, kind, nullable=True)
