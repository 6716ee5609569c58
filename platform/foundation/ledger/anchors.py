"""The sinks that are switched on, and the deliveries to them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from foundation.ledger import config, system
from foundation.ledger.adapters.anchor_file import FileAnchors
from foundation.ledger.errors import LedgerMisuse
from foundation.ledger.models import AnchorDelivery
from foundation.ledger.ports import AnchorSink
from foundation.tenancy import scope

_log = logging.getLogger(__name__)
_LEASE = timedelta(seconds=60)
_LONGEST_PAUSE = 300
_ADAPTERS: dict[str, Callable[[], AnchorSink]] = {"file": lambda: FileAnchors(config.current().anchor_folder)}


def sinks() -> list[AnchorSink]:
    """The sinks named by LEDGER_ANCHOR_SINKS."""
    return [sink(name) for name in config.current().anchor_sinks]


def sink(name: str) -> AnchorSink:
    if name not in _ADAPTERS:
        raise LedgerMisuse(f"LEDGER_ANCHOR_SINKS names {name!r}; known are {', '.join(sorted(_ADAPTERS))}.")
    return _ADAPTERS[name]()


def deliver_once() -> int:
    """Bring every checkpoint that is due to its sink; how many arrived."""
    return sum(_deliver_tenant(tenant_id) for tenant_id in system.tenants_with_undelivered_anchors())


def _deliver_tenant(tenant_id: UUID) -> int:
    delivered = 0
    while delivery := _lease(tenant_id):
        delivered += _deliver(delivery)
    return delivered


def _lease(tenant_id: UUID) -> AnchorDelivery | None:
    """The oldest delivery that is due, ours for a minute: a slow sink never holds a transaction open."""
    with scope(tenant_id):
        now = system.database_now()
        delivery = (
            AnchorDelivery.objects.select_for_update(skip_locked=True, of=["self"])
            .filter(tenant_id=tenant_id, delivered_at=None, next_attempt_at__lte=now)
            .select_related("checkpoint")
            .order_by("checkpoint__tree_size")
            .first()
        )
        if delivery is not None:
            delivery.attempts += 1
            delivery.next_attempt_at = now + _LEASE
            delivery.save(update_fields=["attempts", "next_attempt_at"])
    return delivery


def _deliver(delivery: AnchorDelivery) -> int:
    try:
        sink(delivery.sink).deliver(delivery.checkpoint.signed())
    except Exception as error:  # noqa: BLE001 - a sink's failure is kept with the delivery and tried again
        _note(delivery, error)
        return 0
    with scope(delivery.tenant_id):
        delivery.delivered_at, delivery.last_error, delivery.failing_since = system.database_now(), "", None
        delivery.save(update_fields=["delivered_at", "last_error", "failing_since"])
    return 1


def _note(delivery: AnchorDelivery, error: Exception) -> None:
    cause = f"{type(error).__module__}.{type(error).__name__}"[:200]
    _log.error("Anchor %s was not delivered: %s", delivery.sink, cause, extra={"tenant_id": str(delivery.tenant_id)})
    with scope(delivery.tenant_id):
        now = system.database_now()
        delivery.last_error, delivery.failing_since = cause, delivery.failing_since or now
        delivery.next_attempt_at = now + timedelta(seconds=min(2 ** min(delivery.attempts, 9), _LONGEST_PAUSE))
        delivery.save(update_fields=["last_error", "failing_since", "next_attempt_at"])
