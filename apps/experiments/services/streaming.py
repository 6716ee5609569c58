"""A training set's rows on their way to a trainer, as an Arrow stream in bounded memory."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from apps.experiments import policies
from apps.experiments.models import Run
from apps.features import selectors as features
from apps.features.choices import ColumnRole
from foundation import lake
from foundation.identity import Actor

if TYPE_CHECKING:
    import pyarrow as pa


def arrow_stream(*, actor: Actor, run: Run) -> Iterator[bytes]:
    """Features, label, event time, group and keys; the columns that only prove the join stay behind."""
    policies.check_is_own_workload(actor, run)
    training_set = features.get_training_set(
        actor=Actor.system(actor.tenant, "run"), training_set_id=run.training_set_id
    )
    columns = [c["name"] for c in training_set.columns if c["role"] != ColumnRole.PROOF.value]
    reader = lake.for_tenant(run.tenant_id).read(features.training_table(training_set), columns)
    return _pieces(reader)


def _pieces(reader: pa.RecordBatchReader) -> Iterator[bytes]:
    import pyarrow as pa

    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
            yield _taken(sink)
    yield _taken(sink)


def _taken(sink: io.BytesIO) -> bytes:
    taken = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return taken
