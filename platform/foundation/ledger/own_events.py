"""What the ledger records about itself."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation.ledger.events import Event


@dataclass(frozen=True, kw_only=True)
class EventParked(Event):
    kind = "ledger.event_parked"
    said = _("set an entry aside that %(subscriber)s refused %(attempts)s times")
    icon = "hand-stop"
    event_id: UUID
    subscriber: str
    attempts: int


@dataclass(frozen=True, kw_only=True)
class EventReplayed(Event):
    kind = "ledger.event_replayed"
    said = _("gave an entry to %(subscriber)s again")
    icon = "refresh"
    event_id: UUID
    subscriber: str


@dataclass(frozen=True, kw_only=True)
class LossAccepted(Event):
    """A person accepted that the chain is not the one that was anchored."""

    kind = "ledger.loss_accepted"
    said = _("accepted that entries after %(found_size)s of %(anchored_size)s are lost")
    icon = "alert-triangle"
    sink: str
    anchored_size: int
    anchored_root: str
    found_size: int
