"""Versions that share a table of the lake with one that is destroyed move out of it first, row for row."""

from __future__ import annotations

from collections.abc import Callable, Collection
from uuid import UUID

from django.utils.translation import gettext as _

from apps.datasets import selectors
from apps.datasets.choices import VersionState
from apps.datasets.events import VersionMoved
from apps.datasets.models import DatasetVersion, quarantine_table
from foundation import lake, ledger
from foundation.errors import Unavailable
from foundation.jobs import JobHandle
from foundation.lake import LakeFailed, TableExists

Writer = Callable[[UUID, str], str]
_writers: list[Writer] = []
_KEPT = (VersionState.READY, VersionState.REVIEW)


def register_writer(writer: Writer) -> None:
    """Say of a tenant's table, by name, what of an app above this one writes to it all the time; "" where nothing."""
    _writers.append(writer)


def writer_of(tenant_id: UUID, table: str) -> str:
    """What writes to the table all the time, by name; empty where nothing does."""
    return next((name for find in _writers if (name := find(tenant_id, table))), "")


def tables_of(ids: Collection[UUID]) -> list[str]:
    """Every table in which rows of these versions lie or lay, but for those that something still writes to.

    From these a person's rows are erased by whoever writes there.
    """
    found = set[str]()
    for version in DatasetVersion.objects.filter(pk__in=ids).only("tenant_id", "pk", "lake_table", "source"):
        # The last one is there where a move was begun and never ended.
        found |= {version.own_table, quarantine_table(version), version.table_apart}
        named = (version.lake_table, version.source.get("line"))
        found |= {name for name in named if name and not writer_of(version.tenant_id, name)}
    return sorted(found)


def part(job: JobHandle, leaving: Collection[UUID]) -> None:
    """Nobody else reads the tables of these versions afterwards. Cut off at any point, it may be done again."""
    with job.scope():
        tables = tables_of(leaving)
    part_from(job, tables, leaving)


def part_from(job: JobHandle, tables: Collection[str], leaving: Collection[UUID] = ()) -> None:
    """No version but those that leave is read from these tables afterwards; it may be done again as well.

    Unavailable while one is just being cut out of them: it would be ready once the rows that it pins are destroyed.
    """
    with job.scope():
        there = DatasetVersion.objects.filter(tenant_id=job.tenant_id, lake_table__in=tables).select_related("dataset")
        if being_cut := there.filter(state=VersionState.INGESTING).first():
            sentence = _("A version of %(name)s is being made of these rows; this goes on when it is done.")
            raise Unavailable(sentence % {"name": being_cut.dataset.name})
        rows = there.filter(state__in=_KEPT)
        others = list(rows.exclude(pk__in=leaving).order_by("created_at"))
    for version in others:
        job.raise_if_cancelled()
        job.progress(_("Moving %(version)s into a table of its own") % {"version": version}, None)
        _move(job, version)


def _move(job: JobHandle, version: DatasetVersion) -> None:
    tables, before = lake.for_tenant(version.tenant_id), selectors.table_at(version)
    table = version.table_apart
    try:
        at = tables.write_query(table, "SELECT * FROM a", {"a": before})
    except TableExists:
        # An attempt before this one, or whoever destroys another version, wrote it; it may be read from already.
        at = tables.current(table)
    if not tables.has_digest(at, version.digest):
        raise LakeFailed(_("The rows of %(version)s did not arrive as they were; try again.") % {"version": version})
    size = tables.sizes([table])[table]
    with job.scope():
        row = DatasetVersion.objects.select_for_update().get(pk=version.pk)
        if row.lake_table != before.table or row.state not in _KEPT:
            return
        row.lake_table, row.moved_snapshot, row.byte_count = at.table, at.snapshot, size
        row.save(update_fields=["lake_table", "moved_snapshot", "byte_count"])
        moved = VersionMoved(dataset_id=row.dataset_id, version_id=row.pk, digest=row.digest, lake_snapshot=at.snapshot)
        ledger.record(moved, actor=job.actor, project_id=row.project_id, subject=("dataset_version", row.pk))
