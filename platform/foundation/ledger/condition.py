"""Is the record whole, as far as is known without reading it all: for the page of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from foundation import access
from foundation.access import Permission
from foundation.identity import Actor
from foundation.ledger.models import AnchorDelivery, Checkpoint, LedgerHead, PendingEvent
from foundation.tenancy import scope


@dataclass(frozen=True)
class AnchorState:
    """A checkpoint's way to one sink; `last_error` is the class of the error while it does not arrive."""

    sink: str
    delivered_at: datetime | None
    attempts: int
    last_error: str


@dataclass(frozen=True)
class CheckpointState:
    """A signed root and where it was anchored."""

    tree_size: int
    root_hash: str
    key_id: str
    signed_at: datetime
    anchors: list[AnchorState]


@dataclass(frozen=True)
class Standing:
    """`broken` is the sentence of what is wrong with the chain, empty while nothing is known to be."""

    entries: int
    last_hash: str
    waiting: int
    unsigned: int
    broken: str
    broken_since: datetime | None
    checkpoints: list[CheckpointState]


def standing(actor: Actor, *, checkpoints: int = 20) -> Standing:
    """Where the actor's tenant's chain stands, with its newest checkpoints first."""
    access.require(actor, Permission.LEDGER_VIEW)
    with scope(actor.tenant_id):
        head = LedgerHead.objects.filter(tenant_id=actor.tenant_id).first()
        newest = Checkpoint.objects.filter(tenant_id=actor.tenant_id).prefetch_related("deliveries")
        states = [_state(checkpoint) for checkpoint in newest.order_by("-tree_size")[:checkpoints]]
        waiting = PendingEvent.objects.filter(tenant_id=actor.tenant_id).count()
    entries = head.seq if head else 0
    return Standing(
        entries=entries,
        last_hash=head.hash if head else "",
        waiting=waiting,
        unsigned=entries - (states[0].tree_size if states else 0),
        broken=head.broken if head else "",
        broken_since=head.broken_since if head else None,
        checkpoints=states,
    )


def _state(checkpoint: Checkpoint) -> CheckpointState:
    anchors = [_anchor(delivery) for delivery in checkpoint.deliveries.all()]
    return CheckpointState(checkpoint.tree_size, checkpoint.root_hash, checkpoint.key_id, checkpoint.signed_at, anchors)


def _anchor(delivery: AnchorDelivery) -> AnchorState:
    return AnchorState(delivery.sink, delivery.delivered_at, delivery.attempts, delivery.last_error)
