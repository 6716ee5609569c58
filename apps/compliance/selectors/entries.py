"""Entries of the ledger with names instead of ids, as far as the reader may know them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.projects import selectors as projects
from apps.tenants import selectors as tenants
from foundation import access, ledger
from foundation.access import Permission
from foundation.identity import Actor
from foundation.ledger import RecordedEvent
from foundation.tenancy import scope
from foundation.web.families import EVENT_FAMILIES
from foundation.web.history import told


@dataclass(frozen=True)
class Entry:
    """What an entry says: that `who` (empty where no person or program acted) did `told`, about whom, and where.

    `place` names the project, also one that was deleted since; `project` is one that can be opened.
    """

    event: RecordedEvent
    who: str
    told: str
    about: list[str]
    family: str
    project: Any
    place: str


def entries(actor: Actor, events: Sequence[RecordedEvent]) -> list[Entry]:
    """A constant number of queries, however many events."""
    # Whoever reads the ledger of some projects alone is not told which groups there are.
    groups = tenants.names_of_groups(actor=actor) if access.can(actor, Permission.LEDGER_VIEW, actor.tenant) else {}
    others = {pk for event in events for pk in _others(event)} - groups.keys()
    names = tenants.names_of(actor=actor, user_ids={event.named_actor for event in events} | others)
    placed = {event.project_id for event in events if event.project_id}
    known = {row.pk: row for row in projects.visible_projects(actor=actor).filter(pk__in=placed)} if placed else {}
    places = {pk: row.name for pk, row in known.items()} | _deleted(actor, placed - known.keys())
    return [
        Entry(
            event=event,
            who=names.get(event.named_actor, "") if event.named_actor else "",
            told=_("joined") if _has_joined(event) else told_so,
            about=[known_as for pk in _others(event) if (known_as := names.get(pk) or groups.get(pk))],
            family=str(EVENT_FAMILIES.get(event.kind.partition(".")[0], event.kind)),
            project=known.get(event.project_id) if event.project_id else None,
            place=places.get(event.project_id, "") if event.project_id else "",
        )
        for event, told_so in zip(events, told(events), strict=True)
    ]


def every_entry(*, actor: Actor, **narrowed: Any) -> Iterator[list[Entry]]:
    """All that `ledger.activity` finds, some hundred at a time; it may be read after the request has ended."""
    for events in ledger.every_activity(actor, **narrowed):
        with scope(actor.tenant_id, user_id=actor.user.pk if actor.user else None):
            found = entries(actor, events)
        yield found


def _deleted(actor: Actor, ids: Collection[UUID]) -> dict[UUID, str]:
    """What of these was deleted for ever, in words; one query, where there is any of which nothing is known."""
    if not ids:
        return {}
    rows = projects.deleted_projects(actor=actor).filter(pk__in=ids)
    return {row.pk: projects.name_of_deleted(row) for row in rows}


def _others(event: RecordedEvent) -> list[UUID]:
    """Whom the entry is about besides whoever acted: people, programs and groups that it names by id."""
    said = (event.payload.get(name) for name in ("user_id", "service_account_id", "holder_id", "group_id"))
    found = [UUID(pk) for pk in said if pk]
    return [pk for pk in dict.fromkeys(found) if pk != event.named_actor]


def _has_joined(event: RecordedEvent) -> bool:
    """Whoever accepts an invitation is made a member by themselves."""
    return event.kind == "membership.created" and event.payload.get("user_id") == str(event.named_actor)
