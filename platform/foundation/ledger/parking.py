"""Events that a subscriber could not take: seen, and played again."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from foundation import access
from foundation.access import Permission
from foundation.clock import database_now
from foundation.errors import Conflict, NotFound, Unavailable
from foundation.identity import Actor
from foundation.ledger.dispatch import parked_event_of
from foundation.ledger.models import ParkedEvent
from foundation.ledger.own_events import EventReplayed
from foundation.ledger.recording import record
from foundation.ledger.subscriptions import subscribers
from foundation.tenancy import scope


def parked(*, actor: Actor) -> list[ParkedEvent]:
    """What waits to be replayed in the actor's tenant, oldest first."""
    access.require(actor, Permission.LEDGER_VIEW, actor.tenant)
    with scope(actor.tenant_id):
        return list(_parked_of(actor).select_related("event"))


def count_parked(*, actor: Actor, ending: str) -> int:
    """How many wait of the subscribers whose names end so, such as “.usage”."""
    access.require(actor, Permission.LEDGER_VIEW, actor.tenant)
    with scope(actor.tenant_id):
        return _parked_of(actor).filter(subscriber__endswith=ending).count()


def replay_parked(*, actor: Actor, parked_id: UUID) -> None:
    """Hand a parked event to its subscriber again; it stays parked where that fails once more."""
    access.require(actor, Permission.TENANT_MANAGE)
    with scope(actor.tenant_id):
        row = ParkedEvent.objects.select_for_update().filter(tenant_id=actor.tenant_id, pk=parked_id).first()
        if row is None:
            raise NotFound(_("There is no such parked event."))
        if row.replayed_at is not None:
            raise Conflict(_("This event was replayed already."))
        _hand_over(row)
        row.replayed_at = database_now()
        row.save(update_fields=["replayed_at"])
        record(
            EventReplayed(event_id=row.event_id, subscriber=row.subscriber),
            actor=actor,
            subject=("tenant", actor.tenant_id),
        )


def _parked_of(actor: Actor) -> QuerySet[ParkedEvent]:
    return ParkedEvent.objects.filter(tenant_id=actor.tenant_id, replayed_at=None)


def _hand_over(row: ParkedEvent) -> None:
    event = parked_event_of(row)
    known = {subscriber.name: subscriber for subscriber in subscribers()}.get(row.subscriber)
    handler = known.handler_of(event.kind) if known else None
    if handler is None:
        raise Conflict(_("Nothing hears this event any more; the part that did is not installed."))
    try:
        with scope(event.tenant_id):
            handler(event)
    except Exception as error:
        sentence = _("It failed again (%(error)s); mend the cause, then replay it.") % {"error": type(error).__name__}
        raise Unavailable(sentence) from error
