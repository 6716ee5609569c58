"""What other rooms are told of connections."""

from __future__ import annotations

from apps.connections import services
from apps.tenants import services as tenants


def register() -> None:
    tenants.register_export("connections", services.connection_part)
