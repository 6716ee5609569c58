"""What connections give to an archive of the tenant: all that they are told, and no secret."""

from __future__ import annotations

from collections.abc import Iterator

from apps.connections.selectors import visible_connections
from apps.tenants import services as tenants
from foundation.identity import Actor


def connection_part(actor: Actor) -> Iterator[tenants.File]:
    """connections/connections.json, with those in the bin; what is sealed is bytes, and no bytes leave."""
    with tenants.in_scope_of(actor):
        rows = [tenants.fields_of(row) for row in visible_connections(actor=actor, with_binned=True)]
    yield "connections/connections.json", tenants.as_json(rows)
