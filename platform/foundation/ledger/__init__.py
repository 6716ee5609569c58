"""The one ledger: what happened, who did it, in an order that nobody can change afterwards.

It is the audit trail, the outbox, the live feed and the compliance evidence at once. Apps declare events in their
`events` module, `record` them with the change, and `subscribe` in their `subscribers` module.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from foundation.ledger.events import Event, declared
from foundation.ledger.recorded import RecordedEvent
from foundation.ledger.subscriptions import EVERY_KIND, subscribe

if TYPE_CHECKING:
    from foundation.ledger.checkpoints import checkpoint_once
    from foundation.ledger.comparing import accept_loss, compare_with_anchors
    from foundation.ledger.condition import standing
    from foundation.ledger.delivering import deliver_once
    from foundation.ledger.dispatch import dispatch_once
    from foundation.ledger.exporting import export_ledger
    from foundation.ledger.parking import count_parked, parked, replay_parked
    from foundation.ledger.proving import anchor_lines, entries_about, hash_at, public_keys
    from foundation.ledger.recording import record
    from foundation.ledger.selectors import (
        activity,
        delivery_state,
        events_of,
        events_since,
        every_activity,
        in_order,
        kinds_seen,
        last_act_in,
        who_acted,
    )
    from foundation.ledger.sequencing import sequence_once
    from foundation.ledger.sought import Ids, Sought, acted_here
    from foundation.ledger.verification import verify_chain

# What needs the models is imported when it is first asked for: this package is loaded before Django's models are.
_WHERE = {
    "Ids": "sought",
    "Sought": "sought",
    "accept_loss": "comparing",
    "acted_here": "sought",
    "activity": "selectors",
    "anchor_lines": "proving",
    "checkpoint_once": "checkpoints",
    "compare_with_anchors": "comparing",
    "count_parked": "parking",
    "delivery_state": "selectors",
    "dispatch_once": "dispatch",
    "events_of": "selectors",
    "events_since": "selectors",
    "every_activity": "selectors",
    "deliver_once": "delivering",
    "entries_about": "proving",
    "export_ledger": "exporting",
    "hash_at": "proving",
    "in_order": "selectors",
    "kinds_seen": "selectors",
    "last_act_in": "selectors",
    "parked": "parking",
    "public_keys": "proving",
    "record": "recording",
    "replay_parked": "parking",
    "sequence_once": "sequencing",
    "standing": "condition",
    "verify_chain": "verification",
    "who_acted": "selectors",
}

__all__ = [
    "EVERY_KIND",
    "Event",
    "Ids",
    "RecordedEvent",
    "Sought",
    "accept_loss",
    "acted_here",
    "activity",
    "anchor_lines",
    "checkpoint_once",
    "compare_with_anchors",
    "count_parked",
    "declared",
    "deliver_once",
    "delivery_state",
    "dispatch_once",
    "entries_about",
    "events_of",
    "events_since",
    "every_activity",
    "export_ledger",
    "hash_at",
    "in_order",
    "kinds_seen",
    "last_act_in",
    "parked",
    "public_keys",
    "record",
    "replay_parked",
    "sequence_once",
    "standing",
    "subscribe",
    "verify_chain",
    "who_acted",
]


def __getattr__(name: str) -> Any:
    module = _WHERE.get(name)
    if module is None:
        raise AttributeError(f"foundation.ledger has no {name}")
    return getattr(import_module(f"foundation.ledger.{module}"), name)
