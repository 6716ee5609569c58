"""The number by which the gateway learns that its table is old."""

from __future__ import annotations

from django.db import connection


def routes_changed() -> None:
    """Raise the table's number; the row's lock keeps numbers in commit order, so the gateway misses no change."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO deployments_routetable (id, number) VALUES (1, 1) "
            "ON CONFLICT (id) DO UPDATE SET number = deployments_routetable.number + 1"
        )
