"""A version's rows on their way out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from apps.datasets import policies
from apps.datasets.models import DatasetVersion
from apps.datasets.selectors import table_at
from foundation import access, lake
from foundation.identity import Actor

if TYPE_CHECKING:
    import pyarrow as pa


class _Tape:
    """A write-only file whose bytes are taken away as they come."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None: ...

    def close(self) -> None: ...

    def take(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


def parquet_stream(*, actor: Actor, version: DatasetVersion) -> Iterator[bytes]:
    """The rows as one Parquet file, made while it is read, in bounded memory."""
    policies.check_can_read(actor, version)
    access.require_fresh(actor)
    reader = lake.for_tenant(version.tenant_id).read(table_at(version))
    return _write_parquet(reader)


def _write_parquet(reader: pa.RecordBatchReader) -> Iterator[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tape = _Tape()
    with pq.ParquetWriter(pa.PythonFile(tape, mode="w"), reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
            yield tape.take()
    yield tape.take()
