"""Features of the past looked at before they are asked for: some rows are joined and shown, and nothing is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.datasets.errors import FileRefused
from apps.features import selectors
from apps.features.models import Retrieval
from apps.features.ports import Through
from apps.features.services.asking import check_rows, checked_history
from apps.features.services.joining import JoinedView, Labels, seen_as
from apps.features.services.meaning import check_meet
from apps.features.services.on_demand.columns import widened
from apps.features.services.retrieving import columns_of, texts_among
from apps.features.services.sampling import joined_sample
from apps.features.services.wanting import derived_of_retrieval, hidden_columns
from foundation import lake
from foundation.figures import number
from foundation.identity import Actor
from foundation.lake.ports import Lake, TableAt

if TYPE_CHECKING:
    import pyarrow as pa

    from apps.projects.models import Project

# Of so many rows it is said what they see, and so many are shown.
LOOKED_AT, SHOWN = 2_000, 12
# A file is read whole to be looked at, while somebody waits.
MOST_BYTES = 32 * 1024**2
_LABELS = 50


@dataclass(frozen=True)
class ViewSeen:
    """What the rows that were looked at see of one view."""

    view: str
    joined: int
    missing: int
    expired: int


@dataclass(frozen=True)
class Glance:
    """`rows` are some of the rows with their features, masked for whoever sees them so; `looked_at` is how many were
    joined for it."""

    rows: pa.Table
    looked_at: int
    views: list[ViewSeen]


def columns_sent(*, actor: Actor, project: Project, upload_id: UUID) -> tuple[str, pa.Table]:
    """The name of a file that was sent, and its first rows; it stays as unused as it was."""
    upload = datasets.get_upload(actor=actor, upload_id=upload_id)
    if upload.project_id != project.pk:
        raise FileRefused(_("This file was sent to another project. Send it here."))
    if upload.created_by != actor.user:
        # Nobody has said what is in its columns: it is of whoever sent it.
        raise FileRefused(_("Somebody else sent this file. Send your own."))
    if upload.size > MOST_BYTES:
        sentence = _("“%(name)s” has %(size)s MB; here at most %(most)s. Make a dataset of it, and take its version.")
        words = {"name": upload.filename, "size": number(upload.size // 2**20), "most": number(MOST_BYTES // 2**20)}
        raise FileRefused(sentence % words, fields={"file": [sentence % words]})
    return upload.filename, dataset_services.glanced(upload=upload, limit=_LABELS)


def look_at_history(*, actor: Actor, project: Project, **words: Any) -> Glance:
    """Some of the rows joined as of their time, for the words of `ask_for_history`; refused like those."""
    asked = checked_history(actor=actor, project=project, **words)
    row, views, computed = asked.row, list(asked.wanted.views), list(asked.wanted.on_demand)
    if row.upload_id is not None:
        columns_sent(actor=actor, project=project, upload_id=row.upload_id)
    sources = [selectors.view_table(view) for view in views]
    texts = texts_among(lake.for_tenant(actor.tenant_id), list(zip(views, sources, strict=True)), row.views)
    with _labels(actor, row, texts) as (tables, base):
        schema = {column.name: column.type for column in tables.schema(base)}
        check_rows(schema, row.event_time, asked.wanted)
        for view, part, at in zip(views, row.views, sources, strict=True):
            check_meet(view, part["keys"], schema, {column.name: column.type for column in tables.schema(at)})
        specs = [seen_as(n, view, row.views[n], early=row.ignores_known_since) for n, view in enumerate(views)]
        labels = Labels(kept=tuple(schema), event_time=row.event_time)
        inputs = {"base": base, **{spec.alias: at for spec, at in zip(specs, sources, strict=True)}}
        derived = derived_of_retrieval(row, {str(one.pk): one for one in computed})
        through: Through | None = (lambda rows: widened(rows, hidden_columns(row), derived)) if derived else None
        joined = joined_sample(tables, labels, specs, inputs, LOOKED_AT, through)
    row.columns = columns_of(schema, row, views, computed)
    seen = [_seen(str(view), spec, joined, row.event_time) for view, spec in zip(views, specs, strict=True)]
    return Glance(_shown(actor, row, joined), joined.num_rows, seen)


@contextmanager
def _labels(actor: Actor, row: Retrieval, texts: Collection[str]) -> Iterator[tuple[Lake, TableAt]]:
    """The rows to join: a version's as they lie, a file's in a table that is gone afterwards."""
    tables = lake.for_tenant(actor.tenant_id)
    if row.base_version_id is not None:
        yield tables, datasets.table_at(datasets.get_version(actor=actor, version_id=row.base_version_id))
        return
    # Named like the table of a join that is at work: where this process dies, it is swept like one that has ended.
    table = f"hl_{uuid4().hex}"
    upload = datasets.get_upload(actor=actor, upload_id=row.upload_id)  # type: ignore[arg-type]
    try:
        words: dict[str, Any] = {"tables": tables, "table": table, "upload": upload, "texts": texts}
        yield tables, dataset_services.write_lent(told=lambda _rows: None, **words)
    finally:
        tables.drop(table)


def _seen(view: str, spec: JoinedView, joined: pa.Table, event_time: str) -> ViewSeen:
    import pyarrow.compute as pc

    event = _microseconds(joined.column(spec.event_column))
    missing, expired = event.null_count, 0
    if spec.ttl_us is not None:
        age = pc.subtract(_microseconds(joined.column(event_time)), event)
        expired = pc.sum(pc.greater(age, spec.ttl_us)).as_py() or 0
    return ViewSeen(view, joined.num_rows - missing - expired, missing, expired)


def _microseconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa

    kind = pa.timestamp("us", tz=getattr(column.type, "tz", None))
    return column.cast(kind).cast(pa.int64())


def _shown(actor: Actor, row: Retrieval, joined: pa.Table) -> pa.Table:
    import pyarrow as pa

    covered = selectors.masks_of_retrieval(actor, row)
    rows = joined.select([column["name"] for column in row.columns]).slice(0, SHOWN)
    batches = [datasets.masked_batch(batch, covered) if covered else batch for batch in rows.to_batches()]
    return pa.Table.from_batches(batches) if batches else rows
