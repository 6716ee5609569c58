"""What other rooms are told of connections."""

from __future__ import annotations

from apps.connections import selectors, services
from apps.tenants import services as tenants
from apps.tenants.choices import BinKind
from foundation.web import navigation


def register() -> None:
    tenants.register_export("connections", services.connection_part)
    tenants.register_bin(BinKind.CONNECTION, services.ConnectionBin())
    navigation.register_part_count(
        "data/connections/", lambda actor, pk: selectors.visible_connections(actor=actor, project_id=pk).count()
    )
