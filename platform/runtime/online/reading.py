"""Any number of entities and views in one question to the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import sub
from typing import Any, Protocol

from runtime.online.packing import Broken, Timeline, columns, unpacked
from runtime.online.values import NotOurs, OnlineView

# So many parts has an entry of a timeline whose numbers are all finite.
_FINITE = 3


class Store(Protocol):
    """What keeps the values."""

    def read(self, names: Sequence[bytes]) -> Sequence[bytes | None]:
        """What lies under each name, in their order; None where there is nothing."""


class AsyncStore(Protocol):
    async def read(self, names: Sequence[bytes]) -> Sequence[bytes | None]:
        """The same, awaited."""

    async def add(self, queue: bytes, values: Sequence[bytes], field: bytes, most: int) -> None:
        """Put values at the end of a queue, each under this field, of which about `most` stay."""


@dataclass(slots=True)
class OfView:
    """What one view said of each entity. `times` are their events (microseconds since 1970).

    `expired` are the places of entities whose value had outlived its time to live, `odd` of those with numbers that are
    not finite (place: places of the features). `is_online` is False where the store does not say that it holds all.
    `columns` are there where every entity has a value: those of each feature.
    """

    view: OnlineView
    _rows: list[Sequence[Any] | None] | None
    times: Sequence[int | None]
    expired: list[int]
    odd: dict[int, Sequence[int]]
    is_online: bool
    columns: list[list[Any]] | None = None

    @property
    def rows(self) -> list[Sequence[Any] | None]:
        """The features' values of each entity, None where it has none that is still good."""
        if self._rows is None:
            self._rows = list(zip(*self.columns or (), strict=True))
        return self._rows


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found for so many entities, view by view, in the order in which both were asked for."""

    count: int
    views: list[OfView] = field(default_factory=list)

    @property
    def features(self) -> dict[str, list[Any]]:
        """A column of as many values as entities for each feature; None where its view has none, or one too old.

        Numbers that are not finite are there as they are.
        """
        columns: dict[str, list[Any]] = {}
        for one in self.views:
            columns.update(zip(one.view.features, one.columns or _columns(one), strict=True))
        return columns

    @property
    def missing(self) -> dict[str, list[int]]:
        """Of each view the places of the entities of which it has no value, or none that is still good."""
        return {one.view.name: _without(one) for one in self.views}

    @property
    def not_online(self) -> list[OnlineView]:
        """The views of which the store does not hold everything: what it misses may lie in the lake alone."""
        return [one.view for one in self.views if not one.is_online]


class _Reading:
    def __init__(self, views: Sequence[OnlineView]) -> None:
        self._views = tuple(views)
        self._markers = [view.marker for view in self._views]

    def _names(self, entities: Sequence[Mapping[str, Any]]) -> list[list[bytes]]:
        return [view.names.of(entities) for view in self._views]

    def _answer(self, names: list[list[bytes]], found: Sequence[bytes | None], count: int, now_us: int) -> Answer:
        answer, first = Answer(count), len(self._markers)
        for place, view in enumerate(self._views):
            start = first + place * count
            plains = view.opened(names[place], found[start : start + count])
            try:
                answer.views.append(_of_view(view, plains, found[place] is not None, now_us))
            except Broken as error:
                raise NotOurs(view.name) from error
        return answer


class OnlineReader(_Reading):
    """Reads a fixed choice of views."""

    def __init__(self, store: Store, views: Sequence[OnlineView]) -> None:
        super().__init__(views)
        self._store = store

    def read(self, entities: Sequence[Mapping[str, Any]], *, now_us: int) -> Answer:
        """Of each entity every feature, as of now (microseconds since 1970). Raises KeyRefused and NotOurs."""
        names = self._names(entities)
        asked = list(chain(self._markers, *names))
        return self._answer(names, self._store.read(asked) if asked else [], len(entities), now_us)


class AsyncReader(_Reading):
    """The same where nobody may be kept waiting."""

    def __init__(self, store: AsyncStore, views: Sequence[OnlineView]) -> None:
        super().__init__(views)
        self._store = store

    async def read(self, entities: Sequence[Mapping[str, Any]], *, now_us: int) -> Answer:
        names = self._names(entities)
        asked = list(chain(self._markers, *names))
        return self._answer(names, await self._store.read(asked) if asked else [], len(entities), now_us)

    async def read_each(self, entities: Sequence[Sequence[Mapping[str, Any]]], *, now_us: int) -> list[OfView]:
        """Of each view entities of its own, still in one question: what one program calls alike, two views need not."""
        names = [view.names.of(one) for view, one in zip(self._views, entities, strict=True)]
        found = await self._store.read([*self._markers, *(name for of_view in names for name in of_view)])
        answers, start = [], len(self._markers)
        for place, view in enumerate(self._views):
            end = start + len(names[place])
            timelines = view.opened(names[place], found[start:end])
            answers.append(_of_view(view, timelines, found[place] is not None, now_us))
            start = end
        return answers


def _columns(one: OfView) -> list[list[Any]]:
    nothing = [None] * len(one.view.features)
    rows = [nothing if row is None else row for row in one.rows]
    return list(map(list, zip(*rows, strict=True))) if rows else [[] for _name in one.view.features]


def _without(one: OfView) -> list[int]:
    return [] if one.columns else [place for place, row in enumerate(one.rows) if row is None]


def _of_view(view: OnlineView, plains: Sequence[bytes | None], is_online: bool, now_us: int) -> OfView:
    oldest = None if view.ttl_us is None else now_us - view.ttl_us
    # One alone has no columns to be gained.
    if len(plains) > 1 and None not in plains and (alike := columns(plains)) is not None:  # type: ignore[arg-type]
        begun, lags, values = alike
        times = list(map(sub, begun, lags))
        if max(begun) <= now_us and (oldest is None or min(times) >= oldest):
            return OfView(view, None, times, [], {}, is_online, values)
    return _one_by_one(view, plains, is_online, oldest, now_us)


def _one_by_one(
    view: OnlineView, plains: Sequence[bytes | None], is_online: bool, oldest: int | None, now_us: int
) -> OfView:
    rows, times = list[Sequence[Any] | None](), list[int | None]()
    found = OfView(view, rows, times, [], {}, is_online)
    for place, plain in enumerate(plains):
        entry = None if plain is None else _as_of(unpacked(plain), now_us)
        if entry is None:
            rows.append(None)
            times.append(None)
            continue
        at = entry[0] - entry[1]
        times.append(at)
        # As a join has it: what is exactly as old as its time to live still holds.
        if oldest is not None and at < oldest:
            found.expired.append(place)
            rows.append(None)
            continue
        rows.append(entry[2])
        if len(entry) > _FINITE:
            found.odd[place] = entry[3]
    return found


def _as_of(timeline: Timeline, now_us: int) -> tuple[Any, ...] | None:
    """The last entry that has begun."""
    found = None
    for entry in timeline:
        if entry[0] > now_us:
            break
        found = entry
    return found
