"""The sequencer: gives committed events their place in the tenant's chain.

An event that is not committed is not seen, so it delays nobody; when it commits it gets the next free place, so it is
never skipped. One lock per tenant keeps two sequencers from forking a chain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from foundation.ledger import publisher, system
from foundation.ledger.breaking import mark_broken
from foundation.ledger.canonical import NO_PREVIOUS, entry_of, hash_of
from foundation.ledger.errors import ChainBroken
from foundation.ledger.models import LedgerHead, LedgerPlace, PendingEvent
from foundation.ledger.recorded import RecordedEvent
from foundation.tenancy import scope

BATCH = 500
Publish = Callable[[Iterable[RecordedEvent]], None]


def sequence_once(*, publish: Publish = publisher.publish) -> int:
    """Place all that is committed and waiting, a batch of each tenant in turn; how many were placed."""
    total = 0
    while placed := sum(_sequence_tenant(tenant_id, publish) for tenant_id in system.tenants_with_waiting_events()):
        total += placed
    return total


def _sequence_tenant(tenant_id: UUID, publish: Publish) -> int:
    try:
        events = _place_batch(tenant_id)
    except ChainBroken as broken:
        mark_broken(tenant_id, broken)
        return 0
    publish(events)
    return len(events)


def _place_batch(tenant_id: UUID) -> list[RecordedEvent]:
    with scope(tenant_id):
        if not system.try_lock("sequence", tenant_id):
            return []
        waiting = list(PendingEvent.objects.filter(tenant_id=tenant_id).select_related("event").order_by("id")[:BATCH])
        if not waiting:
            return []
        head = checked_head(tenant_id)
        places = _chain(waiting, head)
        LedgerPlace.objects.bulk_create(places)
        PendingEvent.objects.filter(pk__in=[row.pk for row in waiting]).delete()
        head.seq, head.hash = places[-1].seq, places[-1].hash
        head.save(update_fields=["seq", "hash"])
    return [RecordedEvent.of(row.event, place.seq) for row, place in zip(waiting, places, strict=True)]


def _chain(waiting: list[PendingEvent], head: LedgerHead) -> list[LedgerPlace]:
    places = []
    seq, previous = head.seq, head.hash
    for row in waiting:
        seq += 1
        entry = entry_of(event=row.event, tenant_id=row.tenant_id, seq=seq, previous_hash=previous)
        own = _hash(entry, row)
        places.append(LedgerPlace(tenant_id=row.tenant_id, event=row.event, seq=seq, previous_hash=previous, hash=own))
        previous = own
    return places


def _hash(entry: dict[str, object], row: PendingEvent) -> str:
    try:
        return hash_of(entry)
    except ValueError as error:
        raise ChainBroken(
            f"Event {row.event_id} was written past ledger.record and has no canonical form, so it cannot be placed."
        ) from error


def checked_head(tenant_id: UUID) -> LedgerHead:
    """Where the chain ends; ChainBroken where places say otherwise, so that nothing is chained to a forged end."""
    head, _ = LedgerHead.objects.get_or_create(tenant_id=tenant_id, defaults={"hash": NO_PREVIOUS})
    found = list(
        LedgerPlace.objects.filter(tenant_id=tenant_id, seq__gte=max(head.seq, 1))
        .order_by("seq")
        .values_list("seq", "hash")[:2]
    )
    if found != ([(head.seq, head.hash)] if head.seq else []):
        raise ChainBroken(
            f"The chain should end at entry {head.seq}, but its last entry is gone, altered or followed by another. "
            "No event gets a place until this is mended: run `manage.py check_ledger --full` and restore the database."
        )
    return head
