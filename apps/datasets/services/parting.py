"""Versions that share a table of the lake with one that is destroyed move out of it first, row for row."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID, uuid5

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.datasets import selectors
from apps.datasets.choices import VersionState
from apps.datasets.events import VersionMoved
from apps.datasets.models import DatasetVersion
from foundation import lake, ledger
from foundation.jobs import JobHandle
from foundation.lake import LakeFailed

_KEPT = (VersionState.READY, VersionState.REVIEW)


def tables_of(ids: Collection[UUID]) -> list[str]:
    """Every table in which rows of these versions lie or lay."""
    rows = DatasetVersion.objects.filter(pk__in=ids).values_list("pk", "lake_table", "source__line")
    found = {name for pk, table, line in rows for name in (f"ds_{pk.hex}", f"qr_{pk.hex}", table, line) if name}
    return sorted(found)


def part(job: JobHandle, leaving: Collection[UUID]) -> None:
    """Nobody else reads the tables of these versions afterwards. Cut off at any point, it may be done again."""
    with job.scope():
        sharing = Q(lake_table__in=tables_of(leaving), state__in=_KEPT)
        others = list(DatasetVersion.objects.filter(sharing).exclude(pk__in=leaving).order_by("created_at"))
    for version in others:
        job.raise_if_cancelled()
        job.progress(_("Moving %(version)s into a table of its own") % {"version": version}, None)
        _move(job, version)


def _move(job: JobHandle, version: DatasetVersion) -> None:
    tables, before = lake.for_tenant(version.tenant_id), selectors.table_at(version)
    table = f"dm_{uuid5(version.pk, before.table).hex}"
    tables.drop(table)
    at = tables.write_query(table, "SELECT * FROM a", {"a": before})
    if tables.digest(at) != version.digest:
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
