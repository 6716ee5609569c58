"""Where a person begins: each role has its place."""

from __future__ import annotations

from collections.abc import Callable

from foundation.access import Role
from foundation.identity import Actor

StartOf = Callable[[Actor], str | None]
_starts: dict[Role, StartOf] = {}


def register_start(role: Role, start_of: StartOf) -> None:
    """Where people of this role begin; None sends them to the tenant's home."""
    _starts[role] = start_of


def start_address(actor: Actor) -> str:
    """The first page of a member: that of their role, else the tenant's home."""
    chosen = _starts.get(Role(actor.role)) if actor.role else None
    return (chosen and chosen(actor)) or f"/t/{actor.tenant.slug}/"
