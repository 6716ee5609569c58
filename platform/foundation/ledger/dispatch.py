"""Deliveries to subscribers: each event once and in order, however often a process dies in between."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet

from foundation.clock import database_now
from foundation.ledger import config, system
from foundation.ledger.models import LedgerEvent, LedgerHead, LedgerPlace, ParkedEvent, SubscriberCursor
from foundation.ledger.own_events import EventParked
from foundation.ledger.recorded import RecordedEvent
from foundation.ledger.recording import record
from foundation.ledger.subscriptions import Subscriber, subscribers
from foundation.tenancy import scope

_log = logging.getLogger(__name__)
_LONGEST_PAUSE = 60


def dispatch_once(*, name: str | None = None) -> int:
    """Hand over all that is due, to one subscriber or to all; how many events were handled."""
    chosen = [subscriber for subscriber in subscribers() if name in (None, subscriber.name)]
    return sum(_serve(subscriber) for subscriber in chosen)


def _serve(subscriber: Subscriber) -> int:
    handled = 0
    for tenant_id in system.tenants_behind(subscriber.name):
        while _deliver_next(subscriber, tenant_id):
            handled += 1
    return handled


def _deliver_next(subscriber: Subscriber, tenant_id: UUID) -> bool:
    """Whether an event was handled; a failure is noted and ends this round for the tenant, so that order is kept."""
    event: RecordedEvent | None = None
    try:
        with scope(tenant_id):
            cursor = _claim(subscriber.name, tenant_id)
            if cursor is None:
                return False
            event = _next(subscriber, cursor)
            if event is not None:
                _hand_over(subscriber, event)
            _advance(cursor, event.seq if event else _end(tenant_id))
        return event is not None
    except Exception as error:
        if event is None:
            raise
        _note_failure(subscriber, event, error)
        return False


def _hand_over(subscriber: Subscriber, event: RecordedEvent) -> None:
    if handler := subscriber.handler_of(event.kind):
        handler(event)


def _claim(name: str, tenant_id: UUID) -> SubscriberCursor | None:
    """The cursor, locked; none where another process holds it or its pause is not over."""
    cursor = _cursor(name, tenant_id).select_for_update(skip_locked=True).first()
    if cursor is None or (cursor.next_attempt_at and cursor.next_attempt_at > database_now()):
        return None
    return cursor


def _cursor(name: str, tenant_id: UUID) -> QuerySet[SubscriberCursor]:
    """The subscriber's cursor in this tenant, made where there is none (also after a first failure undid that)."""
    mine = SubscriberCursor.objects.filter(tenant_id=tenant_id, name=name)
    if not mine.exists():
        SubscriberCursor.objects.bulk_create([SubscriberCursor(tenant_id=tenant_id, name=name)], ignore_conflicts=True)
    return mine


def _next(subscriber: Subscriber, cursor: SubscriberCursor) -> RecordedEvent | None:
    places = LedgerPlace.objects.filter(tenant_id=cursor.tenant_id, seq__gt=cursor.position)
    if subscriber.kinds is not None:
        places = places.filter(event__kind__in=subscriber.kinds)
    place = places.select_related("event").order_by("seq").first()
    return RecordedEvent.of(place.event, place.seq) if place else None


def _end(tenant_id: UUID) -> int:
    return LedgerHead.objects.get(tenant_id=tenant_id).seq


def _advance(cursor: SubscriberCursor, position: int) -> None:
    cursor.position = max(position, cursor.position)
    cursor.attempts, cursor.last_error, cursor.failing_since, cursor.next_attempt_at = 0, "", None, None
    cursor.save(update_fields=["position", "attempts", "last_error", "failing_since", "next_attempt_at"])


def _note_failure(subscriber: Subscriber, event: RecordedEvent, error: Exception) -> None:
    # The class alone: an error's text may hold values.
    cause = f"{type(error).__module__}.{type(error).__name__}"[:200]
    _log.warning(
        "Subscriber %s failed at event %s with %s",
        subscriber.name,
        event.seq,
        cause,
        exc_info=error,
        extra={"tenant_id": str(event.tenant_id)},
    )
    with scope(event.tenant_id):
        cursor = _cursor(subscriber.name, event.tenant_id).select_for_update().get()
        if cursor.position >= event.seq:
            return
        cursor.attempts += 1
        if cursor.attempts >= config.current().delivery_attempts:
            _park(cursor, event, cause)
            return
        now = database_now()
        cursor.last_error, cursor.failing_since = cause, cursor.failing_since or now
        cursor.next_attempt_at = now + timedelta(seconds=min(2 ** (cursor.attempts - 1), _LONGEST_PAUSE))
        cursor.save(update_fields=["attempts", "last_error", "failing_since", "next_attempt_at"])


def _park(cursor: SubscriberCursor, event: RecordedEvent, cause: str) -> None:
    ParkedEvent.objects.create(
        tenant_id=event.tenant_id, subscriber=cursor.name, event_id=event.id, attempts=cursor.attempts, last_error=cause
    )
    record(
        EventParked(event_id=event.id, subscriber=cursor.name, attempts=cursor.attempts),
        actor=event.system("ledger"),
        subject=("tenant", event.tenant_id),
    )
    _advance(cursor, event.seq)


def parked_event_of(parked: ParkedEvent) -> RecordedEvent:
    """The parked event as its subscriber would have heard it."""
    event = LedgerEvent.objects.select_related("place").get(pk=parked.event_id)
    return RecordedEvent.of(event, event.place.seq)
