"""The stage of the ledger's tests: events to record, and a chain of some length."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from foundation import ledger
from foundation.identity import Actor
from foundation.ledger import checkpoints, delivering
from foundation.ledger.models import LedgerPlace
from foundation.tenancy import scope

VECTORS = Path(__file__).with_name("vectors.json")


@dataclass(frozen=True, kw_only=True)
class DatasetArchived(ledger.Event):
    kind = "dataset.archived"
    dataset_id: UUID
    rows: int = 0


@dataclass(frozen=True, kw_only=True)
class RunQueued(ledger.Event):
    kind = "run.queued"
    run_id: UUID


def archive(tenant, *, rows=0):
    """Record one event of the tenant, in a transaction of its own."""
    dataset_id = uuid4()
    with scope(tenant.pk):
        return ledger.record(
            DatasetArchived(dataset_id=dataset_id, rows=rows),
            actor=Actor.system(tenant),
            subject=("dataset", dataset_id),
        )


def grow(tenant, count, *, checkpoint_at=()):
    """A placed chain of `count` entries more, with signed and anchored checkpoints at the given lengths."""
    for _ in range(count):
        archive(tenant)
        ledger.sequence_once()
        if length(tenant) in checkpoint_at:
            checkpoints.checkpoint_once(even_if_not_due=True)
            delivering.deliver_once()


def length(tenant):
    with scope(tenant.pk):
        return LedgerPlace.objects.filter(tenant_id=tenant.pk).count()


def places(tenant):
    with scope(tenant.pk):
        return list(LedgerPlace.objects.filter(tenant_id=tenant.pk).select_related("event").order_by("seq"))
