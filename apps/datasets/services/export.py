"""A version's rows on their way out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from apps.datasets import policies
from apps.datasets.models import DatasetVersion
from apps.datasets.selectors import table_at
from foundation import access, lake
from foundation.identity import Actor
from foundation.web.list_files import Tape

if TYPE_CHECKING:
    import pyarrow as pa


def parquet_stream(*, actor: Actor, version: DatasetVersion) -> Iterator[bytes]:
    """The rows as one Parquet file, made while it is read, in bounded memory."""
    policies.check_can_read(actor, version)
    access.require_fresh(actor)
    reader = lake.for_tenant(version.tenant_id).read(table_at(version))
    return _write_parquet(reader)


def _write_parquet(reader: pa.RecordBatchReader) -> Iterator[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tape = Tape()
    with pq.ParquetWriter(pa.PythonFile(tape, mode="w"), reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
            yield tape.take()
    yield tape.take()
