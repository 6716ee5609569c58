"""What a broker is as a source: it can be tested and looked into; its events are read by streams alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import NoReturn

from apps.connections.errors import PlaceMissing, SourceRefused
from apps.connections.ports import Asked, Described, Piece, Place, Rows, Step, Thing
from foundation.words import kept as _


class BrokerSource:
    def __init__(self, check: Callable[[], list[Step]], topics: Callable[[str, int], list[str]]) -> None:
        self._check, self._topics = check, topics

    def check(self) -> list[Step]:
        return self._check()

    def things(self, prefix: str = "", limit: int = 200) -> list[Thing]:
        return [Thing(name, "topic") for name in self._topics(prefix, limit)]

    def describe(self, place: Place) -> Described:
        """That it is there: its events are looked at in a stream."""
        if place.name not in self._topics(place.name, 200):
            raise PlaceMissing(_("There is no “%(place)s” there.") % {"place": place.name})
        return Described((), None, False, None, None, None, "")

    def pin(self, place: Place, asked: Asked) -> str:
        _refuse()

    def pieces(self, place: Place, asked: Asked, pin: str) -> Iterator[Piece]:
        _refuse()

    def read(self, place: Place, asked: Asked, piece: Piece) -> AbstractContextManager[Rows]:
        _refuse()


def _refuse() -> NoReturn:
    raise SourceRefused(_("Events wait there, which have no end. Make a stream of them, and versions of what came."))
