"""From the outbox (tickets) to the broker."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Now

from foundation.jobs.adapters import broker
from foundation.jobs.models import JobTicket

logger = logging.getLogger(__name__)
# Time for whoever committed the job to publish it himself.
_OWN_PUBLISHER = timedelta(seconds=3)
# A message that a worker has taken and not yet looked at is in no queue for a moment.
_ON_THE_WAY = timedelta(seconds=5)
# Where counting cannot tell, ring again after so long; a bell too many is answered in a millisecond.
_ANYWAY = timedelta(minutes=10)
_AT_ONCE = 500


def publish_or_leave(ticket: JobTicket) -> None:
    """Publish now; where the broker is away, the sweeper does it later."""
    try:
        publish([ticket])
    except broker.AWAY as error:
        logger.warning("Job %s waits for the broker (%s)", ticket.job_id, type(error).__name__)


def publish(tickets: Iterable[JobTicket]) -> None:
    """Ring for each ticket; marked afterwards, so that a crash between the two rings twice rather than never."""
    for ticket in tickets:
        broker.ring(ticket.name, ticket.queue, str(ticket.job_id))
        JobTicket.objects.filter(pk=ticket.pk, state=JobTicket.State.QUEUED).update(published_at=Now())


def publish_due() -> None:
    """Tickets that nobody published: their publisher died, the broker was away, or their time has come."""
    publish(_queued().filter(published_at=None, due_at__lte=Now() - _OWN_PUBLISHER)[:_AT_ONCE])
    came_again = Q(attempt__gt=0) | Q(refused__gt=0)
    publish(_queued().filter(came_again, published_at=None, due_at__lte=Now())[:_AT_ONCE])


def republish_lost() -> None:
    """Tickets whose message the broker forgot: a queue holds fewer messages than tickets wait for."""
    for queue, count in _published(_ON_THE_WAY).values_list("queue").annotate(Count("pk")).order_by():
        if broker.waiting(queue) < count:
            publish(_published(_ON_THE_WAY).filter(queue=queue).order_by("number")[:_AT_ONCE])
    publish(_published(_ANYWAY).order_by("number")[:_AT_ONCE])


def _queued() -> QuerySet[JobTicket]:
    return JobTicket.objects.filter(state=JobTicket.State.QUEUED)


def _published(ago: timedelta) -> QuerySet[JobTicket]:
    return _queued().filter(published_at__lte=Now() - ago, due_at__lte=Now())
