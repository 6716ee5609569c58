"""Things and what they were made from, walked level by level: a level costs a query for each kind, not for each thing.

Each app registers how its kinds are found, many at a time, and what it made from kinds of the apps below it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from django.utils.translation import gettext as _

from foundation.errors import NotFound
from foundation.identity import Actor

Reference = tuple[str, UUID]
ColumnReference = tuple[Reference, str]
# So many things are walked at most; a picture of more shows nothing.
MOST = 2000


@dataclass(frozen=True)
class Whole:
    """What versions are versions of: drawn as one node until somebody opens it."""

    kind: str
    pk: UUID
    name: str
    url: str = ""


@dataclass(frozen=True)
class Thing:
    """One thing with what it was made from.

    `sources` says for each column from which columns of those things it comes, None where that cannot be told;
    with `same_columns` every column comes from the one of its name.
    """

    kind: str
    pk: UUID
    name: str
    project_id: UUID | None = None
    project: str = ""
    url: str = ""
    state: str = ""
    state_label: str = ""
    at: datetime | None = None
    digest: str = ""
    part_of: Whole | None = None
    made_from: tuple[Reference, ...] = ()
    columns: tuple[str, ...] = ()
    sources: Mapping[str, tuple[ColumnReference, ...] | None] = field(default_factory=lambda: MappingProxyType({}))
    same_columns: bool = False
    broken_reason: str = ""

    @property
    def reference(self) -> Reference:
        return (self.kind, self.pk)


@dataclass
class Walked:
    """What was found from a start: things, those that the actor may not see, and links (below, above)."""

    start: list[Reference]
    things: dict[Reference, Thing] = field(default_factory=dict)
    hidden: set[Reference] = field(default_factory=set)
    links: dict[tuple[Reference, Reference], None] = field(default_factory=dict)
    # How many steps each is from the start.
    far: dict[Reference, int] = field(default_factory=dict)
    cut: bool = False


Finder = Callable[[Actor, Collection[UUID]], Iterable[Thing]]
Followers = Callable[[Actor, Collection[UUID]], Iterable[tuple[UUID, Reference]]]
Members = Callable[[Actor, UUID], Sequence[UUID]]
_finders: dict[str, Finder] = {}
_above: dict[str, list[Followers]] = {}
_wholes: dict[str, tuple[str, Members]] = {}


def register(kind: str, finder: Finder) -> None:
    """How things of this kind are found; those that the actor may not see are left out."""
    _finders[kind] = finder


def register_above(kind: str, followers: Followers) -> None:
    """What was made from things of this (lower) kind, in the whole tenant: (id below, reference above)."""
    _above.setdefault(kind, []).append(followers)


def register_whole(kind: str, part: str, members: Members) -> None:
    """A kind that is walked from its parts: the ids of those of kind `part`, newest first; NotFound where unseen."""
    _wholes[kind] = (part, members)


def used(actor: Actor, kind: str, ids: Collection[UUID]) -> set[UUID]:
    """Those of these from which something was made directly, by any app."""
    return {low for followers in _above.get(kind, []) for low, _above_it in followers(actor, ids)}


def walk(actor: Actor, start: Reference, *, depth: int, below: bool = True, above: bool = True) -> Walked:
    """Everything within `depth` steps of a thing or of a whole; NotFound where the actor does not see it."""
    part, members = _wholes.get(start[0], (start[0], None))
    ids = list(members(actor, start[1])) if members else [start[1]]
    found = Walked([(part, pk) for pk in ids])
    _find(actor, found.start, found)
    found.start = [reference for reference in found.start if reference in found.things]
    found.hidden.clear()
    if not found.start and (ids or members is None):
        raise NotFound(_("There is no such thing here."))
    for wanted, step in ((below, _down), (above, _up)):
        frontier = list(found.start) if wanted else []
        seen = set(frontier)
        for level in range(depth):
            frontier = [one for one in step(actor, frontier, found) if one not in seen]
            seen.update(frontier)
            for reference in frontier:
                found.far.setdefault(reference, level + 1)
            if not frontier:
                break
        if wanted and frontier and step(actor, frontier, Walked([], dict(found.things))):
            found.cut = True
    return found


def _down(actor: Actor, frontier: list[Reference], found: Walked) -> list[Reference]:
    links = [(low, high) for high in frontier for low in found.things[high].made_from]
    return _linked(actor, links, found, [low for low, _above_it in links])


def _up(actor: Actor, frontier: list[Reference], found: Walked) -> list[Reference]:
    links = [
        ((kind, low), high)
        for kind, ids in _by_kind(frontier).items()
        for followers in _above.get(kind, [])
        for low, high in followers(actor, ids)
    ]
    return _linked(actor, links, found, [high for _below_it, high in links])


def _linked(
    actor: Actor, links: list[tuple[Reference, Reference]], found: Walked, reached: list[Reference]
) -> list[Reference]:
    _find(actor, reached, found)
    known = found.things.keys() | found.hidden
    found.links.update(dict.fromkeys(link for link in links if link[0] in known and link[1] in known))
    return [one for one in dict.fromkeys(reached) if one in found.things]


def _find(actor: Actor, references: Iterable[Reference], found: Walked) -> None:
    wanted = [one for one in dict.fromkeys(references) if one not in found.things and one not in found.hidden]
    room = MOST - len(found.things)
    if len(wanted) > room:
        wanted, found.cut = wanted[:room], True
    for kind, ids in _by_kind(wanted).items():
        finder = _finders.get(kind)
        for thing in finder(actor, ids) if finder else ():
            found.things[thing.reference] = thing
    found.hidden.update(one for one in wanted if one not in found.things)


def _by_kind(references: Iterable[Reference]) -> dict[str, list[UUID]]:
    kinds: dict[str, list[UUID]] = {}
    for kind, pk in references:
        kinds.setdefault(kind, []).append(pk)
    return kinds
