"""The chain of an object: from the source of its data to the monitor of its traffic, one node per link.

Each app registers how its kinds become nodes; an upper app's kind names the lower things it was made from, so the
chain is walked downwards from any object, and upwards through what was registered as made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from foundation.identity import Actor

Reference = tuple[str, UUID]
ORDER = (
    "source",
    "dataset_version",
    "feature_view",
    "on_demand_view",
    "training_set",
    "run",
    "model_version",
    "approval_case",
    "revision",
    "monitor",
)


@dataclass(frozen=True)
class ChainNode:
    """One link. `state` is a word with a badge; `broken_reason` says why the link to it is unproven."""

    kind: str
    name: str
    state: str = ""
    state_label: str = ""
    at: datetime | None = None
    url: str = ""
    digest: str = ""
    actor: str = ""
    broken_reason: str = ""
    current: bool = False
    key: str = ""
    # Who made it, and so speaks for it; None where nobody did.
    owner_id: UUID | None = None


@dataclass(frozen=True)
class Link:
    """A node with the references of what it was made from."""

    node: ChainNode
    made_from: tuple[Reference, ...] = ()


Finder = Callable[[Actor, UUID], Link | None]
_finders: dict[str, Finder] = {}
_upwards: dict[str, list[Callable[[Actor, UUID], Iterable[Reference]]]] = {}


def register(kind: str, finder: Finder) -> None:
    """How an object of this kind becomes a link."""
    _finders[kind] = finder


def register_upwards(kind: str, followers: Callable[[Actor, UUID], Iterable[Reference]]) -> None:
    """What an upper app made from an object of this (lower) kind; the newest first is enough."""
    _upwards.setdefault(kind, []).append(followers)


def chain_of(actor: Actor, kind: str, object_id: UUID) -> list[ChainNode]:
    """The nodes of an object's chain, in the order of the data's way; the object itself is marked current."""
    found: dict[Reference, ChainNode] = {}
    _walk(actor, (kind, object_id), found, down=True)
    start = found.get((kind, object_id))
    if start is None:
        return []
    _climb(actor, (kind, object_id), found)
    found[(kind, object_id)] = replace(start, current=True)
    return sorted(found.values(), key=lambda node: ORDER.index(node.kind) if node.kind in ORDER else len(ORDER))


def users_of(actor: Actor, kind: str, object_id: UUID) -> list[ChainNode]:
    """What was made directly from an object, by every app that registered it; the newest of each kind first."""
    references = [above for followers in _upwards.get(kind, []) for above in followers(actor, object_id)]
    links = [found(actor, pk) for above, pk in dict.fromkeys(references) if (found := _finders.get(above))]
    return [link.node for link in links if link is not None]


def all_made_from(actor: Actor, kind: str, object_id: UUID) -> list[ChainNode]:
    """What was made from an object, directly or through others, as far as the actor sees it."""
    found: dict[Reference, ChainNode] = {}
    waiting: list[Reference] = [(kind, object_id)]
    while waiting:
        below = waiting.pop(0)
        for above in [one for followers in _upwards.get(below[0], []) for one in followers(actor, below[1])]:
            link = _finders[above[0]](actor, above[1]) if above not in found and above[0] in _finders else None
            if link is not None:
                found[above] = link.node
                waiting.append(above)
    return list(found.values())


def _walk(actor: Actor, reference: Reference, found: dict[Reference, ChainNode], *, down: bool) -> None:
    finder = _finders.get(reference[0])
    link = finder(actor, reference[1]) if finder and reference not in found else None
    if link is None:
        return
    found[reference] = link.node
    for below in link.made_from if down else ():
        _walk(actor, below, found, down=True)
    # What it was made from stands before it, also where both are of one kind: a dataset derived from another.
    found[reference] = found.pop(reference)


def _climb(actor: Actor, reference: Reference, found: dict[Reference, ChainNode]) -> None:
    for followers in _upwards.get(reference[0], []):
        for above in list(followers(actor, reference[1]))[:1]:
            if above not in found:
                _walk(actor, above, found, down=False)
                _climb(actor, above, found)
