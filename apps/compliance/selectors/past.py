"""What the ledger says of a span of time that has passed: who had access, who decided, what served."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation import ledger
from foundation.identity import Actor
from foundation.ledger import RecordedEvent

# What each kind of entry opens or ends, and of which thing: read in the order of the chain.
_OPENS = {
    "membership.created": lambda p: ("role", p["user_id"]),
    "membership.role_changed": lambda p: ("role", p["user_id"]),
    "membership.restored": lambda p: ("role", p["user_id"]),
    "service_account.created": lambda p: ("program", p["service_account_id"]),
    "service_account.role_changed": lambda p: ("program", p["service_account_id"]),
    "service_account.enabled": lambda p: ("program", p["service_account_id"]),
    "group.joined": lambda p: ("group", p["group_id"], p["user_id"]),
    "project_role.given": lambda p: ("project_role", p["project_role_id"]),
    "permission.given": lambda p: ("grant", p["user_id"], p["permission"], p["project"]),
    "support.granted": lambda p: ("support", p["support_grant_id"]),
    "deployment.split_changed": lambda p: ("split", p["deployment_id"]),
}
_ENDS = {
    "membership.removed": lambda p: ("role", p["user_id"]),
    "membership.suspended": lambda p: ("role", p["user_id"]),
    "service_account.disabled": lambda p: ("program", p["service_account_id"]),
    "group.left": lambda p: ("group", p["group_id"], p["user_id"]),
    "project_role.taken_back": lambda p: ("project_role", p["project_role_id"]),
    "permission.taken_back": lambda p: ("grant", p["user_id"], p["permission"], p["project"]),
    "support.ended": lambda p: ("support", p["support_grant_id"]),
}
_DECISIONS = ("approval.granted", "approval.refused")
_REVISIONS = "revision.requested"
Key = tuple[str, ...]


@dataclass(frozen=True)
class Spell:
    """Something that held from `since` on, until `until` (None: it held on when the span ended)."""

    key: Key
    since: datetime
    facts: dict[str, Any]
    until: datetime | None = None


@dataclass(frozen=True)
class Past:
    """What held in the span [start, end): each spell that overlaps it, and the decisions taken in it."""

    start: datetime
    end: datetime
    spells: list[Spell]
    decisions: list[RecordedEvent]
    # Which model version each revision number of a deployment brought.
    versions: dict[tuple[str, int], UUID] = field(default_factory=dict)

    def of(self, *kinds: str) -> list[Spell]:
        return [spell for spell in self.spells if spell.key[0] in kinds]


def past(*, actor: Actor, start: datetime, end: datetime) -> Past:
    """Read out of the ledger alone, so that it says what was, whatever stands in the tables today."""
    kinds = [*_OPENS, *_ENDS, *_DECISIONS, _REVISIONS]
    return told(ledger.in_order(actor, kinds=kinds, until=end), start=start, end=end)


def told(events: Iterable[RecordedEvent], *, start: datetime, end: datetime) -> Past:
    """The events' story; they come in the order of the chain."""
    held: dict[Key, Spell] = {}
    over: list[Spell] = []
    found = Past(start, end, over, [])
    for event in events:
        if event.kind == _REVISIONS:
            number = int(event.payload["number"])
            found.versions[event.payload["deployment_id"], number] = UUID(event.payload["model_version_id"])
        elif event.kind in _DECISIONS:
            if event.recorded_at >= start:
                found.decisions.append(event)
        else:
            _turn(held, over, event)
    over.extend(held.values())
    over[:] = [spell for spell in over if spell.until is None or spell.until > start]
    over.sort(key=lambda spell: (spell.key, spell.since))
    return found


def _turn(held: dict[Key, Spell], over: list[Spell], event: RecordedEvent) -> None:
    """Close what the event ends or replaces, and begin what it opens."""
    key_of: Callable[[dict[str, Any]], Key] = _OPENS.get(event.kind) or _ENDS[event.kind]
    key = tuple(str(part) for part in key_of(event.payload))
    before = held.pop(key, None)
    if before is not None:
        over.append(replace(before, until=event.recorded_at))
    if event.kind in _OPENS:
        held[key] = Spell(key, event.recorded_at, _facts(event, before, over, key))


def _facts(event: RecordedEvent, before: Spell | None, over: list[Spell], key: Key) -> dict[str, Any]:
    if event.kind in ("service_account.enabled", "membership.restored"):
        # They come back with the role that they had when their place was closed.
        last = before or next((spell for spell in reversed(over) if spell.key == key), None)
        return last.facts if last else {}
    changed = {"role": event.payload["after"]} if "after" in event.payload else {}
    return {**event.payload, **changed}
