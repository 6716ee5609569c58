"""What has to stay in the lake of views and training sets: the portal itself asks, in the tenant's scope."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q

from apps.features.choices import BuildState, EventSource
from apps.features.models import FeatureView, TrainingSet
from foundation.lake.ports import TableAt

# What was ready before it went into the bin is to come back with its rows.
KEPT = Q(state=BuildState.READY) | Q(state=BuildState.BINNED, binned_from=BuildState.READY)
_NOT_OVER = KEPT | Q(state=BuildState.BUILDING)


def view_tables_named(tenant_id: UUID) -> list[TableAt]:
    """The tables that feature views are read from, each at its snapshot."""
    return _named(FeatureView, tenant_id)


def sources_followed(tenant_id: UUID) -> list[TableAt]:
    """What follows streams has read last, each at its snapshot: what comes is told apart from it."""
    ready = FeatureView.objects.filter(KEPT, tenant_id=tenant_id)
    told = ready.filter(windows__source__kind=EventSource.STREAM.value).values_list("follow", flat=True)
    return [TableAt(follow["table"], follow["snapshot"]) for follow in told if follow]


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
    rows = model.objects.filter(KEPT, tenant_id=tenant_id).values_list("lake_table", "lake_snapshot")
    return [TableAt(table, snapshot) for table, snapshot in rows if snapshot is not None]


def _over(model: type[FeatureView | TrainingSet], tenant_id: UUID, ids: Collection[UUID]) -> list[UUID]:
    rows = model.objects.filter(tenant_id=tenant_id, pk__in=ids)
    return list(rows.exclude(_NOT_OVER).values_list("pk", flat=True))
