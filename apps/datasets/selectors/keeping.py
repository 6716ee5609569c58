"""What has to stay in the lake of versions: the portal itself asks, in the tenant's scope."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models.functions import Coalesce

from apps.datasets.choices import VersionState
from apps.datasets.models import DatasetVersion
from foundation.lake.ports import TableAt

_KEPT = {VersionState.READY, VersionState.REVIEW}


def tables_named(tenant_id: UUID) -> list[TableAt]:
    """The tables that versions are read from, each at its snapshot."""
    rows = DatasetVersion.objects.filter(tenant_id=tenant_id, state__in={*_KEPT, VersionState.INGESTING})
    tables = rows.values_list("lake_table", Coalesce("moved_snapshot", "lake_snapshot"))
    return [TableAt(table, snapshot) for table, snapshot in tables if snapshot is not None]


def versions_by_id(ids: Collection[UUID]) -> list[DatasetVersion]:
    """Versions as they are known to the portal itself, whoever asks: for what was made of them."""
    return list(DatasetVersion.objects.filter(pk__in=ids).order_by("pk"))


def version_ids(*, tenant_id: UUID, project_id: UUID) -> list[UUID]:
    """Every version of a project, whatever became of it."""
    rows = DatasetVersion.objects.filter(tenant_id=tenant_id, project_id=project_id)
    return list(rows.order_by().values_list("pk", flat=True))


def versions_over(tenant_id: UUID, version_ids: Collection[UUID]) -> list[UUID]:
    """Of these versions, those whose own table nobody reads again: they have no rows, or their rows lie elsewhere."""
    rows = DatasetVersion.objects.filter(tenant_id=tenant_id, pk__in=version_ids)
    rows = rows.exclude(state=VersionState.INGESTING)
    read = _read(tenant_id, "ds_")
    return [pk for pk in rows.values_list("pk", flat=True) if pk not in read]


def lines_over(tenant_id: UUID, ids: Collection[UUID]) -> list[UUID]:
    """Of the tables that versions share, each under the id of the one that began it, those that none reads."""
    rows = DatasetVersion.objects.filter(tenant_id=tenant_id, pk__in=ids, state=VersionState.INGESTING)
    used = _read(tenant_id, "dl_") | set(rows.values_list("pk", flat=True))
    return [pk for pk in ids if pk not in used]


def moved_over(tenant_id: UUID, ids: Collection[UUID]) -> list[UUID]:
    """Of the tables into which versions moved, those that none reads or is on its way into."""
    rows = DatasetVersion.objects.filter(tenant_id=tenant_id, state__in=_KEPT).only("pk", "lake_table")
    names = {name for version in rows for name in (version.lake_table, version.table_apart)}
    return [pk for pk in ids if f"dm_{pk.hex}" not in names]


def _read(tenant_id: UUID, prefix: str) -> set[UUID]:
    rows = DatasetVersion.objects.filter(tenant_id=tenant_id, state__in=_KEPT, lake_table__startswith=prefix)
    return {UUID(table.removeprefix(prefix)) for table in rows.values_list("lake_table", flat=True)}
