"""What the ledger's loops need of the database: which tenants have work, and locks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection, transaction

_WAITING = """
WITH RECURSIVE waiting AS (
  (SELECT tenant_id FROM ledger_pendingevent ORDER BY tenant_id LIMIT 1)
  UNION ALL
  SELECT (SELECT p.tenant_id FROM ledger_pendingevent p WHERE p.tenant_id > w.tenant_id ORDER BY p.tenant_id LIMIT 1)
  FROM waiting w WHERE w.tenant_id IS NOT NULL
) SELECT tenant_id FROM waiting WHERE tenant_id IS NOT NULL
"""
_BEHIND = """
SELECT h.tenant_id FROM ledger_ledgerhead h
LEFT JOIN ledger_subscribercursor c ON c.tenant_id = h.tenant_id AND c.name = %s
WHERE h.seq > coalesce(c.position, 0) AND coalesce(c.next_attempt_at, '-infinity') <= clock_timestamp()
ORDER BY h.tenant_id
"""
_UNSIGNED = """
SELECT h.tenant_id FROM ledger_ledgerhead h
LEFT JOIN LATERAL (
  SELECT c.tree_size, c.signed_at FROM ledger_checkpoint c
  WHERE c.tenant_id = h.tenant_id ORDER BY c.tree_size DESC LIMIT 1
) c ON true
WHERE h.seq > coalesce(c.tree_size, 0) AND (
  h.seq - coalesce(c.tree_size, 0) >= %s
  OR coalesce(c.signed_at, '-infinity') <= clock_timestamp() - make_interval(secs => %s)
) ORDER BY h.tenant_id
"""
_UNDELIVERED = """
SELECT DISTINCT tenant_id FROM ledger_anchordelivery
WHERE delivered_at IS NULL AND next_attempt_at <= clock_timestamp()
"""


def tenants_with_waiting_events() -> list[UUID]:
    return _tenants(_WAITING)


def tenants_behind(subscriber: str) -> list[UUID]:
    return _tenants(_BEHIND, [subscriber])


def tenants_to_sign(*, events: int, seconds: float) -> list[UUID]:
    return _tenants(_UNSIGNED, [events, seconds])


def tenants_with_undelivered_anchors() -> list[UUID]:
    return _tenants(_UNDELIVERED)


def try_lock(purpose: str, tenant_id: UUID) -> bool:
    """Take the tenant's lock for this purpose until the transaction ends; false where another process holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"ledger.{purpose}:{tenant_id}"])
        return bool(cursor.fetchone()[0])


def lock(purpose: str, tenant_id: UUID) -> None:
    """Take the tenant's lock for this purpose until the transaction ends, after whoever holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"ledger.{purpose}:{tenant_id}"])


def _tenants(query: str, parameters: Sequence[Any] = ()) -> list[UUID]:
    with _seeing_all_queues(), connection.cursor() as cursor:
        cursor.execute(query, list(parameters))
        return [row[0] for row in cursor.fetchall()]


@contextmanager
def _seeing_all_queues() -> Iterator[None]:
    """Row security shows the queue tables (ids and numbers alone) of every tenant inside this block."""
    with transaction.atomic():
        _switch("on")
        yield
        _switch("")


def _switch(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('sanad.ledger_loops', %s, true)", [value])
