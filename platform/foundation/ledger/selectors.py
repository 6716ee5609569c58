"""Reading the ledger for pages; what waits for its place is shown too, with number 0."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from foundation import access
from foundation.access import Permission
from foundation.errors import Invalid
from foundation.identity import Actor
from foundation.identity.models import User
from foundation.ledger.models import LedgerEvent, LedgerHead, LedgerPlace, SubscriberCursor
from foundation.ledger.recorded import RecordedEvent
from foundation.ledger.sought import Sought, acted_here
from foundation.tenancy import scope

_MOST = 500


@dataclass(frozen=True)
class Activity:
    """A page of events, newest first; `next` is the cursor of the following page, empty on the last."""

    events: list[RecordedEvent]
    next: str


@dataclass(frozen=True)
class DeliveryState:
    """How far a subscriber is behind the end of the chain, and what holds it up (the class of the error)."""

    subscriber: str
    position: int
    behind: int
    attempts: int
    last_error: str
    failing_since: datetime | None


def activity(
    actor: Actor,
    *,
    kind: str | None = None,
    actor_id: UUID | None = None,
    subject: tuple[str, UUID] | None = None,
    project_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    sought: Iterable[Sought] = (),
    cursor: str = "",
    limit: int = 50,
) -> Activity:
    """Who did what in the actor's tenant, newest first. `kind` may end in `.*` for a family ("run.*").

    `sought` are the words of a search, each of which has to mean the entry.
    """
    only = {"actor_id": actor_id, "recorded_at__gte": since, "recorded_at__lt": until}
    with scope(actor.tenant_id):
        # Whoever reads the record in single projects, or by a token made for one, sees those projects' entries alone.
        rows = access.visible(LedgerEvent.objects.all(), actor, Permission.LEDGER_VIEW, project_id=project_id)
        rows = rows.filter(**{k: v for k, v in only.items() if v is not None})
        rows = _of_subject(_of_kind(rows, kind), subject)
        for word in sought:
            rows = word.narrow(rows)
        return _page(rows, cursor, limit)


def every_activity(actor: Actor, **narrowed: Any) -> Iterator[list[RecordedEvent]]:
    """All that `activity` finds, some hundred at a time, each in a transaction of its own."""
    page = activity(actor, **narrowed, limit=_MOST)
    yield page.events
    while page.next:
        page = activity(actor, **narrowed, cursor=page.next, limit=_MOST)
        yield page.events


def events_of(*, subject: tuple[str, UUID], limit: int = 50) -> list[RecordedEvent]:
    """The newest events of one thing, in the present scope; the caller has checked that the actor may see it."""
    return _page(_of_subject(LedgerEvent.objects.all(), subject), "", limit).events


def events_since(*, tenant_id: UUID, seq: int, limit: int = 500) -> list[RecordedEvent]:
    """The entries after number `seq`, in chain order: what a page missed while it was not connected."""
    with scope(tenant_id):
        places = LedgerPlace.objects.filter(tenant_id=tenant_id, seq__gt=seq).select_related("event").order_by("seq")
        return [RecordedEvent.of(place.event, place.seq) for place in places[: min(limit, _MOST)]]


def in_order(actor: Actor, *, kinds: Collection[str], until: datetime) -> Iterator[RecordedEvent]:
    """Every entry of these kinds before `until`, in the order of the chain, those without a place yet last."""
    access.require(actor, Permission.LEDGER_VIEW, actor.tenant)
    with scope(actor.tenant_id):
        rows = LedgerEvent.objects.filter(tenant_id=actor.tenant_id, kind__in=kinds, recorded_at__lt=until)
        rows = rows.select_related("place").order_by(F("place__seq").asc(nulls_last=True), "recorded_at", "pk")
        for row in rows.iterator():
            yield RecordedEvent.of(row, _seq(row))


def who_acted(*, tenant_id: UUID, user_ids: Collection[UUID]) -> set[UUID]:
    """Those of these people who stand on the tenant's ledger, members still or not."""
    with scope(tenant_id):
        people = User.objects.filter(acted_here(tenant_id=tenant_id), pk__in=user_ids)
        return set(people.values_list("pk", flat=True))


def kinds_seen(*, tenant_id: UUID, among: Collection[str], project_id: UUID | None = None) -> set[str]:
    """Which of these kinds of events have happened in the project, or in the tenant; for whoever may see it."""
    rows = LedgerEvent.objects.filter(tenant_id=tenant_id, kind__in=among)
    if project_id is not None:
        rows = rows.filter(project_id=project_id)
    return set(rows.order_by().values_list("kind", flat=True).distinct())


def last_act_in(project_id: OuterRef, *, tenant_id: UUID) -> Subquery:
    """When something happened in a project last, as a column of a query over projects."""
    rows = LedgerEvent.objects.filter(tenant_id=tenant_id, project_id=project_id).order_by("-recorded_at")
    return Subquery(rows.values("recorded_at")[:1])


def last_seq(*, tenant_id: UUID) -> int:
    """The number of the last placed entry."""
    with scope(tenant_id):
        return last_seq_here(tenant_id=tenant_id)


def last_seq_here(*, tenant_id: UUID) -> int:
    """As last_seq, for whoever is in the tenant's scope already: one query."""
    return LedgerHead.objects.filter(tenant_id=tenant_id).values_list("seq", flat=True).first() or 0


def delivery_state(actor: Actor) -> list[DeliveryState]:
    """Every subscriber of the actor's tenant, those that fail first."""
    access.require(actor, Permission.LEDGER_VIEW, actor.tenant)
    end = last_seq(tenant_id=actor.tenant_id)
    with scope(actor.tenant_id):
        cursors = SubscriberCursor.objects.filter(tenant_id=actor.tenant_id).order_by("-attempts", "name")
        return [
            DeliveryState(c.name, c.position, end - c.position, c.attempts, c.last_error, c.failing_since)
            for c in cursors
        ]


def _of_kind(rows: QuerySet[LedgerEvent], kind: str | None) -> QuerySet[LedgerEvent]:
    if not kind:
        return rows
    return rows.filter(kind__startswith=kind[:-1]) if kind.endswith(".*") else rows.filter(kind=kind)


def _of_subject(rows: QuerySet[LedgerEvent], subject: tuple[str, UUID] | None) -> QuerySet[LedgerEvent]:
    return rows.filter(subject_kind=subject[0], subject_id=subject[1]) if subject else rows


def _page(rows: QuerySet[LedgerEvent], cursor: str, limit: int) -> Activity:
    limit = max(1, min(limit, _MOST))
    if cursor:
        at, pk = _read_cursor(cursor)
        # The first condition says nothing new; by it the index is entered where the page begins.
        rows = rows.filter(Q(recorded_at__lt=at) | Q(recorded_at=at, pk__lt=pk), recorded_at__lte=at)
    found = list(rows.order_by("-recorded_at", "-pk").select_related("place")[: limit + 1])
    shown = found[:limit]
    following = f"{shown[-1].recorded_at.isoformat()}~{shown[-1].pk}" if len(found) > limit else ""
    return Activity([RecordedEvent.of(row, _seq(row)) for row in shown], following)


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    try:
        at, _sign, pk = cursor.partition("~")
        return datetime.fromisoformat(at), UUID(pk)
    except ValueError as error:
        raise Invalid(_("This page's address is damaged; start again from the first page.")) from error


def _seq(row: LedgerEvent) -> int:
    place: LedgerPlace | None = getattr(row, "place", None)
    return place.seq if place else 0
