"""A version's rows on their way out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from apps.datasets import policies
from apps.datasets.models import DatasetVersion
from apps.datasets.selectors import Masks, masked_batch, masks, table_at
from foundation import access, lake
from foundation.identity import Actor
from foundation.web.list_files import Tape

if TYPE_CHECKING:
    import pyarrow as pa


def parquet_stream(*, actor: Actor, version: DatasetVersion) -> Iterator[bytes]:
    """The rows as one Parquet file, made while it is read, in bounded memory; masked for whoever sees them so."""
    policies.check_can_read(actor, version)
    access.require_fresh(actor)
    reader = lake.for_tenant(version.tenant_id).read(table_at(version))
    return _write_parquet(reader, masks(actor, version))


def file_name(actor: Actor, version: DatasetVersion) -> str:
    """What the file is called that the actor gets."""
    masked = "-masked" if masks(actor, version) else ""
    return f"{version.dataset.slug}-v{version.number or 0}{masked}.parquet"


def _write_parquet(reader: pa.RecordBatchReader, covered: Masks) -> Iterator[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tape = Tape()
    schema = masked_batch(pa.RecordBatch.from_pylist([], schema=reader.schema), covered).schema
    with pq.ParquetWriter(pa.PythonFile(tape, mode="w"), schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(masked_batch(batch, covered) if covered else batch)
            yield tape.take()
    yield tape.take()
