"""Every event of the ledger has words for people and a sign that the sprite holds."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

from foundation import ledger
from foundation.web.families import EVENT_FAMILIES

ROOT = Path(__file__).resolve().parents[2]
MODULES = ["foundation.ledger.own_events", "foundation.refusals.events", "foundation.storage.events"]
MODULES += [f"apps.{path.parent.name}.events" for path in sorted(ROOT.glob("apps/*/events.py"))]
ICONS = set(json.loads((ROOT / "static" / "vendor.json").read_text())["sprite"]["outline"]["names"])


def _declared() -> list[type[ledger.Event]]:
    found = [thing for module in MODULES for thing in vars(importlib.import_module(module)).values()]
    events = [thing for thing in found if isinstance(thing, type) and issubclass(thing, ledger.Event)]
    return [event for event in dict.fromkeys(events) if event.kind]


def test_the_events_are_found():
    assert len(_declared()) > 60


def test_every_kind_belongs_to_a_family_with_a_name():
    assert {event.kind.partition(".")[0] for event in _declared()} - EVENT_FAMILIES.keys() == set()


@pytest.mark.parametrize("event", _declared(), ids=lambda event: event.kind)
def test_an_event_is_told_in_words_beside_a_sign(event):
    assert str(event.said), "a history would show its bare kind"
    assert event.icon in ICONS
