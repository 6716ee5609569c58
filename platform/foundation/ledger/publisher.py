"""Who is told of every placed event at once. The live feed registers here, since the ledger lies below it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from foundation.ledger.recorded import RecordedEvent

_log = logging.getLogger(__name__)
Listener = Callable[[RecordedEvent], None]
_listeners: list[Listener] = []


def register(listener: Listener) -> None:
    """Call `listener` with each event after its place is committed, in order; once, not again after a crash."""
    if listener not in _listeners:
        _listeners.append(listener)


def publish(events: Iterable[RecordedEvent]) -> None:
    """Tell every listener. A listener that fails costs its message alone: pages catch up by ledger number."""
    for event in events:
        for listener in _listeners:
            try:
                listener(event)
            except Exception as error:  # noqa: BLE001 - whatever a listener does, the chain goes on
                _log.warning("A listener missed a ledger event", extra=_about(event, error))


def _about(event: RecordedEvent, error: Exception) -> dict[str, object]:
    return {"tenant_id": str(event.tenant_id), "seq": event.seq, "error": type(error).__name__}
