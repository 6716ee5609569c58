"""Where a person begins: each role has its place."""

from __future__ import annotations

from collections.abc import Callable

from foundation.access import Role
from foundation.identity import Actor
from foundation.web.navigation import exists

StartOf = Callable[[Actor], str | None]
_starts: dict[Role, StartOf] = {}
_ANYWHERE = ("", "projects/", "settings/members/")


def register_start(role: Role, start_of: StartOf) -> None:
    """Where people of this role begin; None sends them to the tenant's home."""
    _starts[role] = start_of


def start_address(actor: Actor) -> str:
    """The first page of a member: that of their role, else the tenant's home, else what there is."""
    chosen = _starts.get(Role(actor.role)) if actor.role else None
    address = chosen(actor) if chosen else None
    if address and exists(address):
        return address
    root = f"/t/{actor.tenant.slug}/"
    return next((root + path for path in _ANYWHERE if exists(root + path)), root)
