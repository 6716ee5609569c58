"""What a file says of any thing: description, owner, tags. A change of it is no new version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from apps.features import selectors
from apps.features.choices import BuildState
from apps.features.models import Entity, FeatureService, FeatureView, OnDemandView
from apps.features.models.deprecations import Deprecable
from apps.features.services.definitions.reading import Fields
from apps.features.services.definitions.sections import Change

ALIVE = {BuildState.READY, BuildState.BUILDING}
Said = dict[str, Any]


def read_said(fields: Fields) -> Said:
    """What is said of any thing; None where the file says nothing, so that it stays."""
    return {
        "description": fields.text("description") if fields.value("description") else None,
        "owner": fields.text("owner") if fields.value("owner") else None,
        "tags": fields.texts("tags") if fields.value("tags") else None,
    }


def said_fields(thing: Entity | FeatureView | FeatureService | OnDemandView) -> Said:
    """The same of what is there, as a file holds it; what is empty is left out."""
    owner = thing.owner.email if thing.owner else ""
    found = {"description": thing.description, "owner": owner, "tags": list(thing.tags)}
    return {name: value for name, value in found.items() if value}


def said_changes(thing: Any, words: Mapping[str, Any]) -> dict[str, Any]:
    """Of what the file says, that which differs from what is there."""
    now = {"description": thing.description, "owner": thing.owner.email if thing.owner else "", "tags": thing.tags}
    given = {name: words[name] for name in now if words.get(name) is not None}
    same = {"description": str.strip, "owner": str.lower, "tags": lambda tags: sorted({t.lower() for t in tags})}
    return {name: value for name, value in given.items() if same[name](value) != now[name]}  # type: ignore[operator]


def as_change(field: str, before: object, after: object) -> Change:
    """A change in words, long texts cut short."""
    return Change(field, _short(before), _short(after))


def _short(value: object) -> str:
    said = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value if value is not None else "")
    return said if len(said) <= 200 else f"{said[:199]}…"


def given_of(words: Mapping[str, Any]) -> dict[str, Any]:
    return {name: words[name] for name in ("description", "owner", "tags") if words[name] is not None}


def kept(thing: FeatureView | FeatureService | OnDemandView) -> dict[str, Any]:
    """What is said of the version before goes on with the next, where the file says nothing else."""
    return {
        "description": thing.description,
        "owner": thing.owner.email if thing.owner else "",
        "tags": list(thing.tags),
    }


def deprecated_notes(things: Iterable[Deprecable]) -> tuple[str, ...]:
    """What a plan says of those that should not be named any more."""
    return tuple(f"{thing}: {said}" for thing in things if (said := selectors.deprecated_in_words(thing)))


def now_of(thing: Any, field: str) -> object:
    return thing.owner.email if field == "owner" and thing.owner else getattr(thing, field)
