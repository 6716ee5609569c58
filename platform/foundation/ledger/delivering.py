"""Checkpoints on their way out of the database: in order, and only as the sequel of what is anchored already."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from foundation.clock import database_now
from foundation.ledger import anchors, system
from foundation.ledger.comparing import compare
from foundation.ledger.errors import AnchorConflict
from foundation.ledger.models import AnchorDelivery
from foundation.tenancy import scope

_log = logging.getLogger(__name__)
_LEASE = timedelta(seconds=60)
_LONGEST_PAUSE = 300


def deliver_once() -> int:
    """Bring every checkpoint that is due to its sink; how many arrived."""
    return sum(deliver_tenant(tenant_id) for tenant_id in system.tenants_with_undelivered_anchors())


def deliver_tenant(tenant_id: UUID) -> int:
    """Bring the tenant's checkpoints that are due to their sinks; how many arrived."""
    with scope(tenant_id):
        names = set(
            AnchorDelivery.objects.filter(tenant_id=tenant_id, delivered_at=None).values_list("sink", flat=True)
        )
    return sum(_deliver_to(name, tenant_id) for name in sorted(names))


def _deliver_to(name: str, tenant_id: UUID) -> int:
    delivered = 0
    while (delivery := _lease(name, tenant_id)) and _deliver(delivery):
        delivered += 1
    return delivered


def _lease(name: str, tenant_id: UUID) -> AnchorDelivery | None:
    """The oldest delivery, ours for a minute, if it is due: a slow sink never holds a transaction open."""
    with scope(tenant_id):
        now = database_now()
        delivery = (
            AnchorDelivery.objects.select_for_update(of=["self"])
            .filter(tenant_id=tenant_id, sink=name, delivered_at=None)
            .select_related("checkpoint", "tenant")
            .order_by("checkpoint__tree_size")
            .first()
        )
        if delivery is None or delivery.next_attempt_at > now:
            return None
        delivery.attempts += 1
        delivery.next_attempt_at = now + _LEASE
        delivery.save(update_fields=["attempts", "next_attempt_at"])
    return delivery


def _deliver(delivery: AnchorDelivery) -> bool:
    sink = anchors.sink(delivery.sink)
    try:
        # A history that went another way must never be appended to the anchor of the true one.
        if divergence := compare(sink, delivery.tenant):
            raise AnchorConflict(divergence.sentence)
        sink.deliver(delivery.checkpoint.signed())
    except Exception as error:  # noqa: BLE001 - a sink's failure is kept with the delivery and tried again
        _note(delivery, error)
        return False
    with scope(delivery.tenant_id):
        delivery.delivered_at, delivery.last_error, delivery.failing_since = database_now(), "", None
        delivery.save(update_fields=["delivered_at", "last_error", "failing_since"])
    return True


def _note(delivery: AnchorDelivery, error: Exception) -> None:
    cause = f"{type(error).__module__}.{type(error).__name__}"[:200]
    _log.error(
        "Anchor %s was not delivered: %s: %s", delivery.sink, cause, error, extra={"tenant_id": str(delivery.tenant_id)}
    )
    with scope(delivery.tenant_id):
        now = database_now()
        delivery.last_error, delivery.failing_since = cause, delivery.failing_since or now
        delivery.next_attempt_at = now + timedelta(seconds=min(2 ** min(delivery.attempts, 9), _LONGEST_PAUSE))
        delivery.save(update_fields=["last_error", "failing_since", "next_attempt_at"])
