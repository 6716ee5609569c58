"""The ledger's entries about a thing as tests compare them."""

from __future__ import annotations

from typing import Any
from uuid import UUID


def acts_on(kind: str, thing: Any) -> list[tuple[str, str, UUID | None]]:
    """Kind and actor of every entry about the thing, oldest first."""
    from foundation import ledger

    events = ledger.events_of(subject=(kind, thing.pk))
    return [(event.kind, event.actor_kind, event.actor_id) for event in reversed(events)]


def done_by(actor: Any, kind: str) -> tuple[str, str, UUID | None]:
    """An entry of this kind by this actor; None stands for the portal itself."""
    return (kind, actor.kind, actor.id) if actor is not None else (kind, "system", None)
