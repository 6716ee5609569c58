"""Any number of entities and views in one question to the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from runtime.online.values import OnlineView, Timeline


class Store(Protocol):
    """What keeps the values."""

    def read(self, names: Sequence[bytes]) -> Sequence[bytes | None]:
        """What lies under each name, in their order; None where there is nothing."""


class AsyncStore(Protocol):
    async def read(self, names: Sequence[bytes]) -> Sequence[bytes | None]:
        """The same, awaited."""

    async def add(self, queue: bytes, values: Sequence[bytes], field: bytes, most: int) -> None:
        """Put values at the end of a queue, each under this field, of which about `most` stay."""


@dataclass(frozen=True, slots=True)
class OfView:
    """What one view said of each entity. `rows` are its features' values, `times` their events (microseconds).

    `expired` are the places of entities whose value had outlived its time to live, `odd` of those with numbers that are
    not finite (place: places of the features). `is_online` is False where the store does not say that it holds all.
    """

    view: OnlineView
    rows: list[Sequence[Any] | None]
    times: list[int | None]
    expired: list[int]
    odd: dict[int, Sequence[int]]
    is_online: bool


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
            nothing = [None] * len(one.view.features)
            rows = [nothing if row is None else row for row in one.rows]
            if rows:
                columns.update(zip(one.view.features, map(list, zip(*rows, strict=True)), strict=True))
            else:
                columns.update((name, []) for name in one.view.features)
        return columns

    @property
    def missing(self) -> dict[str, list[int]]:
        """Of each view the places of the entities of which it has no value, or none that is still good."""
        return {one.view.name: [place for place, row in enumerate(one.rows) if row is None] for one in self.views}

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
            timelines = view.opened(names[place], found[start : start + count])
            answer.views.append(_of_view(view, timelines, found[place] is not None, now_us))
        return answer


class OnlineReader(_Reading):
    """Reads a fixed choice of views."""

    def __init__(self, store: Store, views: Sequence[OnlineView]) -> None:
        super().__init__(views)
        self._store = store

    def read(self, entities: Sequence[Mapping[str, Any]], *, now_us: int) -> Answer:
        """Of each entity every feature, as of now (microseconds since 1970). Raises KeyRefused and NotOurs."""
        names = self._names(entities)
        asked = [*self._markers, *(name for of_view in names for name in of_view)]
        return self._answer(names, self._store.read(asked) if asked else [], len(entities), now_us)


class AsyncReader(_Reading):
    """The same where nobody may be kept waiting."""

    def __init__(self, store: AsyncStore, views: Sequence[OnlineView]) -> None:
        super().__init__(views)
        self._store = store

    async def read(self, entities: Sequence[Mapping[str, Any]], *, now_us: int) -> Answer:
        names = self._names(entities)
        asked = [*self._markers, *(name for of_view in names for name in of_view)]
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


def _of_view(view: OnlineView, timelines: Sequence[Timeline | None], is_online: bool, now_us: int) -> OfView:
    found = OfView(view, [], [], [], {}, is_online)
    oldest = None if view.ttl_us is None else now_us - view.ttl_us
    rows, times = found.rows, found.times
    for place, timeline in enumerate(timelines):
        entry = None if timeline is None else timeline[0]
        if entry is not None and (entry[0] > now_us or len(timeline) > 1):  # type: ignore[arg-type]
            entry = _as_of(timeline, now_us)  # type: ignore[arg-type]
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
        if len(entry) > 3:
            found.odd[place] = entry[3]
    return found


def _as_of(timeline: Timeline, now_us: int) -> list[Any] | None:
    """The last entry that has begun."""
    found = None
    for entry in timeline:
        if entry[0] > now_us:
            break
        found = entry
    return found
