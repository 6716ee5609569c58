"""What has to stay in the lake of versions: the portal itself asks, in the tenant's scope."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from apps.datasets.choices import VersionState
from apps.datasets.models import DatasetVersion
from foundation.lake.ports import TableAt

_KEPT = {VersionState.READY, VersionState.REVIEW}


def tables_named(tenant_id: UUID) -> list[TableAt]:
    """The tables that versions are read from, each at its snapshot."""
    rows = DatasetVersion.objects.filter(tenant_id=tenant_id, state__in=_KEPT)
    tables = rows.values_list("lake_table", "lake_snapshot")
    return [TableAt(table, snapshot) for table, snapshot in tables if snapshot is not None]


def versions_by_id(ids: Collection[UUID]) -> list[DatasetVersion]:
    """Versions as they are known to the portal itself, whoever asks: for what was made of them."""
    return list(DatasetVersion.objects.filter(pk__in=ids).order_by("pk"))


def version_ids(*, tenant_id: UUID, project_id: UUID) -> list[UUID]:
    """Every version of a project, whatever became of it."""
    rows = DatasetVersion.objects.filter(tenant_id=tenant_id, project_id=project_id)
    return list(rows.order_by().values_list("pk", flat=True))


def versions_over(tenant_id: UUID, version_ids: Collection[UUID]) -> list[UUID]:
    """Of these versions, those that failed, were cancelled or discarded: nobody reads their rows again."""
    rows = DatasetVersion.objects.filter(tenant_id=tenant_id, pk__in=version_ids)
    return list(rows.exclude(state__in={*_KEPT, VersionState.INGESTING}).values_list("pk", flat=True))
