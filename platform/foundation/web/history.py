"""What happened to a thing, in words: ledger events as `components/timeline.html` takes them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Protocol
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation import ledger
from foundation.identity import Actor
from foundation.ledger import RecordedEvent
from foundation.web.templatetags.sanad_format import number

Subject = tuple[str, UUID]
# Kinds that are recorded no longer: ledgers written before still hold them.
_FORMER = {"membership.sign_in_locked": gettext_lazy("could not sign in for a while: too many attempts failed")}


class Names(Protocol):
    """Names of people and programs by their ids, as `apps.tenants.selectors.names_of` gives them."""

    def __call__(self, *, actor: Actor, user_ids: Collection[UUID | None]) -> Mapping[UUID, str]: ...


def history(
    actor: Actor,
    *subjects: Subject,
    names: Names,
    more: Callable[[RecordedEvent], str] | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """The newest events of these things, newest first; `more` adds a line to an entry.

    The caller has checked that the actor may see the things.
    """
    events = [event for subject in subjects for event in ledger.events_of(subject=subject, limit=limit)]
    events = sorted(events, key=lambda event: event.recorded_at, reverse=True)[:limit]
    people = names(actor=actor, user_ids={event.named_actor for event in events})
    declared = ledger.declared()
    return [
        {
            "actor": _who(event, people),
            "text": _said(event, declared.get(event.kind)),
            "icon": getattr(declared.get(event.kind), "icon", "circle"),
            "at": event.recorded_at,
            "more": more(event) if more else "",
        }
        for event in events
    ]


def told(events: Iterable[RecordedEvent]) -> list[str]:
    """What each event says that its actor did, in words."""
    declared = ledger.declared()
    return [_said(event, declared.get(event.kind)) for event in events]


def _who(event: RecordedEvent, people: Mapping[UUID, str]) -> str:
    others = {"user": "", "service": _("A service account"), "workload": _("A workload"), "system": _("The portal")}
    told = people.get(event.named_actor) if event.named_actor else None
    return told or others.get(event.actor_kind, event.actor_kind)


def _said(event: RecordedEvent, declared: type[ledger.Event] | None) -> str:
    """The event's own words with its fields filled in; without words its kind, readable: “token created”."""
    said = str(declared.said if declared else _FORMER.get(event.kind, ""))
    if not said:
        return event.kind.replace("_", " ").replace(".", ": ")
    labels = declared.labels if declared else {}
    shown = {name: _worded(v, labels.get(name)) for name, v in event.payload.items()}
    try:
        return said % shown if "%(" in said else said
    except KeyError:  # an entry of an older version lacks the field
        return event.kind.replace("_", " ").replace(".", ": ")


__all__ = ["Names", "history", "told"]


def _worded(value: Any, choices: type[TextChoices] | None) -> Any:
    """A number as the reader writes it, a value of choices by its label; one that they lack any more as it is."""
    if choices is not None:
        return dict(choices.choices).get(value, value)
    return number(value) if isinstance(value, int | float) else value
