"""A connection's secrets: sealed for it alone, opened where it is used."""

from __future__ import annotations

import json
from collections.abc import Mapping

from apps.connections.models import Connection
from foundation.storage import sealing


def sealed(connection: Connection, secrets: Mapping[str, str]) -> bytes | None:
    """Under the connection's id: copied into another row they open for nobody."""
    if not secrets:
        return None
    return sealing.seal(connection.tenant_id, _purpose(connection), json.dumps(dict(secrets)).encode())


def opened(connection: Connection) -> dict[str, str]:
    if connection.sealed_secrets is None:
        return {}
    said: dict[str, str] = json.loads(
        sealing.open_sealed(connection.tenant_id, _purpose(connection), bytes(connection.sealed_secrets))
    )
    return said


def _purpose(connection: Connection) -> str:
    return f"connection:{connection.pk}"
