"""What the apps above do with a thing of theirs that lies in the bin."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from apps.tenants.choices import BinKind
from foundation.identity import Actor


class BinRoom(Protocol):
    """Both record what was done; Conflict says in words why it cannot be done now."""

    def restore(self, actor: Actor, thing_id: UUID) -> list[str]:
        """It is as it was; in sentences, what is not. The checks are those of whoever would make it anew."""

    def destroy(self, actor: Actor, thing_id: UUID) -> None:
        """Nothing is left of it but what others have of it; the caller has checked who may say so."""


_rooms: dict[BinKind, BinRoom] = {}


def register_bin(kind: BinKind, room: BinRoom) -> None:
    _rooms[kind] = room


def room_of(kind: BinKind) -> BinRoom:
    return _rooms[kind]
