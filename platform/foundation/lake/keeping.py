"""What has to stay in a tenant's lake, as the rooms that write there say it; everything else leaves the disk."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from foundation.lake import for_tenant
from foundation.lake.errors import LakeUnavailable
from foundation.lake.ports import Lake, TableAt
from foundation.tenancy import for_each, scope, why_locked
from foundation.tenancy.models import Tenant

log = logging.getLogger("sanad.lake")
# Who asked what a table is now may go on reading that for so long.
READ_WITHIN = timedelta(minutes=5)
_FEWEST_FILES = 20


@dataclass(frozen=True)
class _Room:
    prefix: str
    named: Callable[[UUID], Iterable[TableAt]]
    over: Callable[[UUID, Collection[UUID]], Iterable[UUID]]
    grows: bool


_rooms: dict[str, _Room] = {}


def _nothing(*_given: object) -> tuple[()]:
    return ()


def register(
    prefix: str,
    *,
    named: Callable[[UUID], Iterable[TableAt]] = _nothing,
    over: Callable[[UUID, Collection[UUID]], Iterable[UUID]] = _nothing,
    grows: bool = False,
) -> None:
    """Say what becomes of the tables called `prefix` and an id in hexadecimal digits.

    In the tenant's scope `named(tenant_id)` answers which of them are read, and at which snapshot, and
    `over(tenant_id, ids)` which of these things failed, were cancelled or discarded. A table that no room speaks of
    stays. Tables that grow by small appends are compacted.
    """
    _rooms[prefix] = _Room(prefix, named, over, grows)


def maintain_every_lake(*, now: datetime) -> None:
    """Maintain the lake of each tenant; one that is being written to, or that does not answer, has its turn later."""

    def turn(tenant: Tenant) -> None:
        if why_locked(tenant):
            return  # nobody can look into it now
        try:
            maintain(tenant.pk, now=now)
        except LakeUnavailable as error:
            log.warning("The lake of %s is maintained later: %s", tenant.slug, error)

    for_each(turn)


def maintain(tenant_id: UUID, *, now: datetime) -> None:
    """Drop what is over, forget and delete what nobody names, compact what grows."""
    lake = for_tenant(tenant_id)
    for table in _over(tenant_id, lake.tables()):
        lake.drop(table)
    lake.expire(keep=lambda: _named(tenant_id), before=now - READ_WITHIN)
    # Last: the files that were merged may still be read until the next time.
    _compact(lake)


def _over(tenant_id: UUID, tables: list[str]) -> list[str]:
    over = []
    with scope(tenant_id):
        for room in _rooms.values():
            ids = _ids(room.prefix, tables)
            over += [f"{room.prefix}{pk.hex}" for pk in room.over(tenant_id, ids)] if ids else []
    return over


def _named(tenant_id: UUID) -> list[TableAt]:
    with scope(tenant_id):
        return [at for room in _rooms.values() for at in room.named(tenant_id)]


def _compact(lake: Lake) -> None:
    tables = lake.tables()
    for room in _rooms.values():
        for pk in _ids(room.prefix, tables) if room.grows else ():
            lake.compact(f"{room.prefix}{pk.hex}", fewest=_FEWEST_FILES)


def _ids(prefix: str, tables: list[str]) -> list[UUID]:
    return [UUID(table.removeprefix(prefix)) for table in tables if table.startswith(prefix)]
