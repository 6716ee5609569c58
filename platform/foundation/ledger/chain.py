"""A tenant's chain as it lies in the database, read page by page and compared with what each entry claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from foundation.ledger.canonical import NO_PREVIOUS, entry_of, hash_of
from foundation.ledger.merkle import Frontier
from foundation.ledger.models import LedgerEvent, LedgerPlace
from foundation.tenancy import scope

_PAGE = 1000


@dataclass(frozen=True)
class Link:
    """A place with its event; `event` is none where somebody removed it."""

    tenant_id: UUID
    seq: int
    previous_hash: str
    hash: str
    event: LedgerEvent | None

    def entry(self, *, seq: int | None = None, previous_hash: str | None = None) -> dict[str, Any]:
        return entry_of(
            event=self.event,
            tenant_id=self.tenant_id,
            seq=self.seq if seq is None else seq,
            previous_hash=self.previous_hash if previous_hash is None else previous_hash,
        )

    def true_hash(self, *, seq: int | None = None, previous_hash: str | None = None) -> str | None:
        """The hash that the event's content gives here, or would give at another place; none where it has no form."""
        if self.event is None:
            return None
        try:
            return hash_of(self.entry(seq=seq, previous_hash=previous_hash))
        except (ValueError, TypeError, AttributeError):
            return None


class Walk:
    """How far the chain was found whole: its tree, and the hashes of the last two entries."""

    def __init__(
        self, frontier: Frontier | None = None, previous: str = NO_PREVIOUS, before: str = NO_PREVIOUS
    ) -> None:
        self.tree = frontier or Frontier()
        self.previous = previous
        self.before = before

    def accept(self, link: Link) -> bool:
        """Take the next link; false, and nothing taken, where it does not follow."""
        follows = link.seq == self.tree.size + 1 and link.previous_hash == self.previous
        if not follows or link.true_hash() != link.hash:
            return False
        self.tree.add(link.hash)
        self.before, self.previous = self.previous, link.hash
        return True


def links(tenant_id: UUID, *, after: int = 0, until: int | None = None) -> Iterator[Link]:
    """The chain's links in order of their numbers, a thousand at a time, each page in a scope of its own."""
    while page := _page(tenant_id, after, until):
        yield from page
        after = page[-1].seq


def _page(tenant_id: UUID, after: int, until: int | None) -> list[Link]:
    with scope(tenant_id):
        places = LedgerPlace.objects.filter(tenant_id=tenant_id, seq__gt=after).order_by("seq")
        if until is not None:
            places = places.filter(seq__lte=until)
        rows = list(places[:_PAGE])
        events = LedgerEvent.objects.filter(tenant_id=tenant_id).in_bulk([row.event_id for row in rows])
    return [Link(tenant_id, row.seq, row.previous_hash, row.hash, events.get(row.event_id)) for row in rows]


def last_hashes(tenant_id: UUID, seq: int) -> tuple[str, str]:
    """The hashes of entries `seq - 1` and `seq`, for a walk that begins after `seq`."""
    with scope(tenant_id):
        found = dict(LedgerPlace.objects.filter(tenant_id=tenant_id, seq__in=[seq - 1, seq]).values_list("seq", "hash"))
    return found.get(seq - 1, NO_PREVIOUS), found.get(seq, NO_PREVIOUS)
