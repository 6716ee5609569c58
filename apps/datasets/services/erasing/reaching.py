"""The rooms in which a person may be, as each app says it; datasets themselves are the first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from uuid import UUID, uuid5

from apps.datasets.choices import ErasedKind
from apps.datasets.services.tokenising import token_of
from foundation import lake
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake.ports import TableAt
from foundation.quoting import identifier

_OUTER = " \t\r\n\u00a0\u200e\u200f"


@dataclass(frozen=True, kw_only=True)
class Search:
    """Whom to look for: rows of a project whose `column`, as text, is `value`; all datasets, or one alone.

    `otherwise` looks for rows that differ from the value only in capitals or outer spaces, and for no others.
    `reached` are the ids of what is known to hold the person, from the bottom up: what is made of it is reached too.
    """

    actor: Actor
    project_id: UUID
    column: str
    value: str = field(repr=False)
    dataset_id: UUID | None = None
    otherwise: bool = False
    reached: frozenset[UUID] = frozenset()

    def beyond(self, found: Sequence[Reached]) -> Search:
        return replace(self, reached=self.reached | {one.id for one in found})

    @cached_property
    def token(self) -> str:
        """What stands for the value where the column was tokenised; empty where nothing was."""
        return token_of(self.actor.tenant_id, self.value)

    def condition(self, text: str, *given: str) -> tuple[str, list[str]]:
        """SQL that a text is the value, with its parameters; `given` are those of the text itself."""
        if not self.otherwise:
            values = [self.value, *filter(None, [self.token])]
            return f"{text} IN ({', '.join('?' * len(values))})", [*given, *values]
        nearly = f"(lower(trim({text}, ?)) = lower(trim(?, ?)) AND {text} <> ?)"
        return nearly, [*given, _OUTER, self.value, _OUTER, *given, self.value]

    def count(self, at: TableAt, column: str = "") -> int:
        """How many rows of a table are the person's."""
        condition, params = self.condition(as_text(column or self.column))
        sql = f"SELECT count(*) AS n FROM a WHERE {condition}"  # noqa: S608 - the name is quoted
        rows = lake.for_tenant(self.actor.tenant_id).query(sql, {"a": at}, params).read_all()
        return int(rows.to_pylist()[0]["n"])


@dataclass(frozen=True, kw_only=True)
class Reached:
    """A thing that holds the person. `rows` is None where the person's rows cannot be told apart in it.

    `inputs` are the ids of what it was made of, `newest` whether it is the one that people take: a newest one has a
    successor without the person, and so has what that one is made of.
    """

    kind: ErasedKind
    id: UUID
    name: str
    rows: int | None = None
    digest: str = ""
    inputs: tuple[UUID, ...] = ()
    newest: bool = False
    note: str = ""
    # Of rows that are no version yet, where they lie.
    dataset_id: UUID | None = None


class Reach:
    """A room: all its methods may be done again, at any point, after an attempt that was cut off.

    The lowest `rank` is looked through first. What has tables of its own is rebuilt, begun, cleared, destroyed and
    ended, in this order; what has none is wiped. `look`, `begin` and `end` run in the tenant's scope.
    """

    rank = 0
    kinds: frozenset[ErasedKind] = frozenset()
    # Of the chain, what has no rows and goes on with the successors by itself: its link does not break.
    follows: frozenset[str] = frozenset()

    def look(self, search: Search) -> list[Reached]:
        """Where the person is, in the order in which it was made."""
        return []

    def rebuild(self, job: JobHandle, erasure_id: UUID, search: Search, found: Sequence[Reached]) -> None:
        """Make the successors of these, under `successor_id`; one that cannot be made says so by itself."""

    def successor(self, successor_id: UUID) -> str:
        """The name of a successor that can be read; empty where none was made."""
        return ""

    def begin(self, actor: Actor, ids: Collection[UUID]) -> None:
        """From now on nobody reads these."""

    def clear(self, job: JobHandle, ids: Collection[UUID]) -> None:
        """Delete what of them lies outside the lake."""

    def tables(self, ids: Collection[UUID]) -> list[str]:
        """Their tables, which are destroyed with every key that opens them."""
        return []

    def end(self, actor: Actor, ids: Collection[UUID]) -> None:
        """Their rows and keys are gone."""

    def wipe(self, job: JobHandle, search: Search) -> list[Reached]:
        """Take the person out of what stays otherwise; `rows` says of how many rows."""
        return []

    def unfinished(self, search: Search) -> list[str]:
        """The names of what is being made out of something that was reached."""
        return []


_reaches: list[Reach] = []


def register_reach(reach: Reach) -> None:
    _reaches.append(reach)
    _reaches.sort(key=lambda one: one.rank)


def reaches() -> list[Reach]:
    """Every room, from the bottom up."""
    return list(_reaches)


def look_everywhere(search: Search) -> list[Reached]:
    """Where the person is, from the bottom up: each room is told what was reached below it."""
    found: list[Reached] = []
    for reach in reaches():
        found += reach.look(search.beyond(found))
    return found


def unfinished_anywhere(search: Search) -> list[str]:
    return [name for reach in reaches() for name in reach.unfinished(search)]


def with_successor(found: Sequence[Reached]) -> set[UUID]:
    """The ids of those that are to have a successor: the newest, and what these are made of."""
    by_id = {one.id: one for one in found}
    needed: set[UUID] = set()
    waiting = [one.id for one in found if one.newest]
    while waiting:
        pk = waiting.pop()
        if pk in by_id and pk not in needed:
            needed.add(pk)
            waiting += by_id[pk].inputs
    return needed


def successor_id(erasure_id: UUID, old: UUID) -> UUID:
    """The same for every attempt."""
    return uuid5(erasure_id, old.hex)


def as_text(column: str) -> str:
    """The column as text, whatever its type: a number typed finds the number."""
    return f"CAST({identifier(column)} AS VARCHAR)"
