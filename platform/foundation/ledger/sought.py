"""One word of a search over the ledger: which entries it may mean."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from foundation.ledger.events import declared
from foundation.ledger.models import LedgerEvent

# The fields by which an entry names whom it is about.
PEOPLE, GROUPS = ("user_id", "service_account_id", "holder_id"), ("group_id", "holder_id")
_SUBJECTS = ("user", "service_account")


# Ids of rows: those that there are, or the query for them where they are many.
Ids = Collection[UUID] | QuerySet[Any]


@dataclass(frozen=True)
class Sought:
    """An entry that meets one of these is meant.

    `kinds` are kinds of events, `people` and `groups` those who acted or are named, `projects` where it happened, and
    `things` what it is about, by the kind of subject.
    """

    kinds: Collection[str] = ()
    people: Collection[Ids] = ()
    groups: Collection[Ids] = ()
    projects: Collection[Ids] = ()
    things: Mapping[str, Collection[Ids]] = field(default_factory=dict)
    id: UUID | None = None

    def narrow(self, rows: QuerySet[LedgerEvent]) -> QuerySet[LedgerEvent]:
        meant = Q(kind__in=list(self.kinds))
        for found in self.projects:
            meant |= Q(project_id__in=found)
        for kind, parts in self.things.items():
            for found in parts:
                meant |= Q(subject_kind=kind, subject_id__in=found)
        for found in self.people:
            meant |= Q(actor_id__in=found) | Q(subject_kind__in=_SUBJECTS, subject_id__in=found) | _named(found, PEOPLE)
        for found in self.groups:
            meant |= Q(subject_kind="group", subject_id__in=found) | _named(found, GROUPS)
        if self.id is not None:
            meant |= Q(subject_id=self.id) | Q(actor_id=self.id) | Q(pk=self.id)
        return rows.alias(**{_alias(name): KeyTextTransform(name, "payload") for name in _NAMES}).filter(meant)


_NAMES = tuple(dict.fromkeys((*PEOPLE, *GROUPS)))


def acted_here(*, tenant_id: UUID, user_id: str = "pk") -> Exists:
    """Whether somebody stands on the tenant's ledger, as a condition of a query over people."""
    acts = LedgerEvent.objects.filter(tenant_id=tenant_id, actor_kind="user", actor_id=OuterRef(user_id))
    return Exists(acts)


def _named(found: Ids, names: Iterable[str]) -> Q:
    """The kinds of events that have such a field come first: of the others no payload is opened."""
    ids: Any
    if isinstance(found, QuerySet):
        ids = found.annotate(as_text=Cast("pk", TextField())).values("as_text")
    else:
        ids = [str(pk) for pk in found]
    named = Q()
    for name in names:
        named |= Q(**{"kind__in": _kinds_with(name), f"{_alias(name)}__in": ids})
    return named


def _alias(name: str) -> str:
    return f"named_{name}"


@lru_cache
def _kinds_with(name: str) -> list[str]:
    return sorted(kind for kind, event in declared().items() if name in {one.name for one in fields(event)})
