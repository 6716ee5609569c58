"""Who hears which kinds of events."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from foundation.ledger.errors import LedgerMisuse
from foundation.ledger.recorded import RecordedEvent

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
# In the place of a kind: whatever happens, also what later releases will record.
EVERY_KIND = "*"
Handler = Callable[[RecordedEvent], None]
_known: dict[str, Subscriber] = {}


@dataclass(frozen=True)
class Subscriber:
    """A named hearer; one cursor per tenant follows it through the chain, so a name is never given to another."""

    name: str
    handlers: dict[str, Handler]

    @property
    def kinds(self) -> list[str] | None:
        """Those it hears; None where it hears every kind."""
        return None if EVERY_KIND in self.handlers else sorted(self.handlers)

    def handler_of(self, kind: str) -> Handler | None:
        return self.handlers.get(kind) or self.handlers.get(EVERY_KIND)


def subscribe(kind: str, *, name: str, handler: Handler) -> None:
    """Hear events of this kind, exactly once and in chain order, from the first event of the chain.

    The handler runs inside the tenant's scope, in one transaction with the subscriber's cursor. Several kinds may
    share a name: they then share the cursor and keep their order among each other. EVERY_KIND stands for all.
    """
    if not _NAME.fullmatch(name):
        raise LedgerMisuse(f"{name!r} is no name of a subscriber; it must read like “registry.promote”.")
    subscriber = _known.setdefault(name, Subscriber(name, {}))
    if subscriber.handlers.get(kind, handler) is not handler:
        raise LedgerMisuse(f"Subscriber {name!r} already has a handler for {kind}; choose another name.")
    subscriber.handlers[kind] = handler


def subscribers() -> list[Subscriber]:
    return list(_known.values())


def forget(name: str) -> None:
    """Take a subscriber back (tests)."""
    _known.pop(name, None)
