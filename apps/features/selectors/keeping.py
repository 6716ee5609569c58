"""What has to stay in the lake of views and training sets: the portal itself asks, in the tenant's scope."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from apps.features.choices import BuildState
from apps.features.models import FeatureView, TrainingSet
from foundation.lake.ports import TableAt

_NOT_OVER = {BuildState.READY, BuildState.BUILDING}


def view_tables_named(tenant_id: UUID) -> list[TableAt]:
    """The tables that feature views are read from, each at its snapshot."""
    return _named(FeatureView, tenant_id)


def set_tables_named(tenant_id: UUID) -> list[TableAt]:
    """The tables that training sets are read from, each at its snapshot."""
    return _named(TrainingSet, tenant_id)


def views_over(tenant_id: UUID, view_ids: Collection[UUID]) -> list[UUID]:
    """Of these feature views, those that failed or were cancelled."""
    return _over(FeatureView, tenant_id, view_ids)


def sets_over(tenant_id: UUID, set_ids: Collection[UUID]) -> list[UUID]:
    """Of these training sets, those that failed or were cancelled."""
    return _over(TrainingSet, tenant_id, set_ids)


def _named(model: type[FeatureView | TrainingSet], tenant_id: UUID) -> list[TableAt]:
    rows = model.objects.filter(tenant_id=tenant_id, state=BuildState.READY).values_list("lake_table", "lake_snapshot")
    return [TableAt(table, snapshot) for table, snapshot in rows if snapshot is not None]


def _over(model: type[FeatureView | TrainingSet], tenant_id: UUID, ids: Collection[UUID]) -> list[UUID]:
    rows = model.objects.filter(tenant_id=tenant_id, pk__in=ids)
    return list(rows.exclude(state__in=_NOT_OVER).values_list("pk", flat=True))
