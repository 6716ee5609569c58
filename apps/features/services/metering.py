"""Tables of feature views, training sets and retrievals: they take room in the quota and cost as what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.db.models import Q

from apps.features import selectors
from apps.features.choices import BuildState
from apps.features.models import FeatureView, Retrieval, TrainingSet
from apps.tenants import services as tenants
from apps.tenants.choices import ThingKind
from foundation import lake
from foundation.clock import database_now
from foundation.identity import Actor
from foundation.lake.ports import TableAt
from foundation.tenancy.models import Tenant

Kept = FeatureView | TrainingSet | Retrieval
# Features of the past are rows to learn from, and are counted with those.
_KINDS: dict[type[Kept], ThingKind] = {
    FeatureView: ThingKind.FEATURE_VIEW,
    TrainingSet: ThingKind.TRAINING_SET,
    Retrieval: ThingKind.TRAINING_SET,
}


def size_of(tables: lake.Lake, at: TableAt, *beside: str) -> int:
    """Bytes of a table that was written just now, and of those beside it that are there."""
    return sum(tables.sizes([at.table, *beside]).values())


def begin_usage(thing: Kept, byte_count: int, actor: Actor) -> None:
    """It counts from now on, for whoever asked for it; part of the transaction that makes it ready."""
    tenants.keep_measured(_metered(thing, byte_count, actor.named), at=database_now())


def end_usage(thing: Kept) -> None:
    """Its rows are gone, and count no longer."""
    tenants.end_usage(tenant_id=thing.tenant_id, subject_id=thing.pk, at=database_now())


def tables_measured(tenant: Tenant) -> Iterator[tenants.Metered]:
    """Every table that is there and can be read, or could once it is restored from the bin, with its bytes."""
    sizes = lake.for_tenant(tenant.pk).sizes()
    for model in _KINDS:
        kept = Q(state=BuildState.READY) if model is Retrieval else selectors.KEPT
        for thing in model._default_manager.filter(kept, tenant=tenant).order_by("pk"):
            if thing.lake_table in sizes:
                yield _metered(thing, sizes[thing.lake_table] + sizes.get(f"we_{thing.pk.hex}", 0))


def _metered(thing: Kept, byte_count: int, otherwise: UUID | None = None) -> tenants.Metered:
    return tenants.Metered(
        tenant_id=thing.tenant_id,
        project_id=thing.project_id,
        person_id=thing.created_by_id or otherwise,
        kind=_KINDS[type(thing)],
        thing_id=thing.pk,
        subject_id=thing.pk,
        byte_count=byte_count,
    )
