"""A history says what was done in the events' own words, and in readable kinds where they have none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID, uuid4

from django.db.models import TextChoices

from foundation import ledger
from foundation.web.history import history


@dataclass(frozen=True, kw_only=True)
class ShelfFilled(ledger.Event):
    kind = "test_shelf.filled"
    said = "put %(count)s books on it"
    icon = "book-2"
    count: int


@dataclass(frozen=True, kw_only=True)
class ShelfMoved(ledger.Event):
    kind = "test_shelf.moved_away"
    shelf_id: UUID


def test_entries_are_worded_named_and_in_order(scientist):
    shelf = uuid4()
    ledger.record(ShelfFilled(count=1200), actor=scientist, subject=("test_shelf", shelf))
    ledger.record(ShelfMoved(shelf_id=shelf), actor=scientist, subject=("test_shelf", shelf))

    entries = history(
        scientist,
        ("test_shelf", shelf),
        names=lambda *, actor, user_ids: dict.fromkeys(user_ids, "The keeper"),
        more=lambda event: event.kind,
    )

    said = {(entry["actor"], entry["text"], entry["icon"], entry["more"]) for entry in entries}
    assert said == {
        ("The keeper", "put 1,200 books on it", "book-2", "test_shelf.filled"),
        ("The keeper", "test shelf: moved away", "circle", "test_shelf.moved_away"),
    }
    assert entries[0]["at"] >= entries[1]["at"]


class Shade(TextChoices):
    DARK = "dark", "in the dark"


@dataclass(frozen=True, kw_only=True)
class ShelfPainted(ledger.Event):
    kind = "test_shelf.painted"
    said = "painted it %(shade)s"
    labels: ClassVar = {"shade": Shade}
    shade: str


def test_a_value_of_choices_is_said_by_its_label_and_one_that_is_gone_as_it_was(scientist):
    shelf = uuid4()
    for shade in ("dark", "mauve"):
        ledger.record(ShelfPainted(shade=shade), actor=scientist, subject=("test_shelf", shelf))

    entries = history(scientist, ("test_shelf", shelf), names=lambda *, actor, user_ids: {})
    assert {entry["text"] for entry in entries} == {"painted it in the dark", "painted it mauve"}
