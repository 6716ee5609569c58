"""What the ledger records about itself."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from foundation.ledger.events import Event


@dataclass(frozen=True, kw_only=True)
class EventParked(Event):
    kind = "ledger.event_parked"
    event_id: UUID
    subscriber: str
    attempts: int


@dataclass(frozen=True, kw_only=True)
class EventReplayed(Event):
    kind = "ledger.event_replayed"
    event_id: UUID
    subscriber: str


@dataclass(frozen=True, kw_only=True)
class LossAccepted(Event):
    """A person accepted that the chain is not the one that was anchored."""

    kind = "ledger.loss_accepted"
    sink: str
    anchored_size: int
    anchored_root: str
    found_size: int
