"""What a server counts of a stream: so what was trimmed unread is told from what was read before it was trimmed.

A place in a stream of somebody else's is its entry's id and, where the server counts (since version 7), the number of
entries that were ever added up to it: `1764429498123-0#120000`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Id = tuple[int, int]


@dataclass(frozen=True)
class Counts:
    """`added` were ever added, `length` are there; `first` is the oldest of these, `last` the newest that ever was."""

    added: int
    length: int
    first: Id | None
    last: Id
    # The newest that was deleted by name, which is no trimming.
    deleted: Id

    @property
    def gone(self) -> int:
        return self.added - self.length

    def lost(self, since: Id, counted: int | None) -> int:
        """How many entries after a place are gone; 0 also where nobody can know."""
        if counted is None or self.is_another(counted) or self.last <= since or not self._has_passed(since):
            return 0
        return max(0, self.gone - counted)

    def upto(self, since: Id, counted: int | None, read: Sequence[Id], *, all_of_it: bool) -> int | None:
        """How many were ever added up to the last of these, which were read after `since`; None where unknown.

        `all_of_it`: no more of them was there. It is looked at before it is read: what is trimmed in between shows the
        next time, since it is missing in what was counted.
        """
        if counted is not None and not self.is_another(counted) and self.deleted <= since:
            return counted + len(read)
        if all_of_it:
            return self.added + sum(one > self.last for one in read)
        if self._has_passed(since):
            return self.gone + len(read)
        return None if counted is None or self.is_another(counted) else counted + len(read)

    def is_another(self, counted: int) -> bool:
        """The key was deleted and made anew: its server counts from the beginning."""
        return self.added < counted

    def _has_passed(self, since: Id) -> bool:
        """All that is there comes after the place: what came up to it was trimmed, and perhaps more."""
        return self.first is None or self.first > since


def counts_of(told: Mapping[bytes, Any]) -> Counts | None:
    """From the answer of XINFO STREAM; None of a server that does not count."""
    if b"entries-added" not in told:
        return None
    first = told[b"first-entry"]
    return Counts(
        added=int(told[b"entries-added"]),
        length=int(told[b"length"]),
        first=id_of(first[0].decode()) if first else None,
        last=id_of(told[b"last-generated-id"].decode()),
        deleted=id_of(told[b"max-deleted-entry-id"].decode()),
    )


def id_of(text: str) -> Id:
    milliseconds, _sign, number = text.partition("-")
    return int(milliseconds), int(number or 0)


def place_of(entry: str, counted: int | None) -> str:
    return entry if counted is None else f"{entry}#{counted}"


def parted(place: str) -> tuple[str, int | None]:
    """A place's id, and the number where it has one."""
    entry, _sign, counted = place.partition("#")
    return entry, int(counted) if counted else None
