"""A row's step from one state to the next: a step that the table of its states lacks is never taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models import Model, QuerySet, TextChoices

State = TypeVar("State", bound=TextChoices)
Table = Mapping[State, frozenset[State]]


class NoSuchStep(Exception):
    """A fault of our own: what a person may not ask for, a policy has refused in words before."""


def move(row: Model, to: State, table: Table[State], *, field: str = "state") -> None:
    """Set the state of a row that the caller holds; saving it is the caller's."""
    here = type(to)(getattr(row, field))
    if to not in table[here]:
        raise NoSuchStep(f"{row._meta.label} {row.pk} cannot go from {here.value} to {to.value}.")
    setattr(row, field, to)


def move_rows(rows: QuerySet[Any], to: State, table: Table[State], **changes: Any) -> int:
    """The same for rows that nobody holds: those move whose state still allows it; how many did."""
    allowed = [here for here, following in table.items() if to in following]
    return rows.filter(state__in=allowed).update(state=to, **changes)
