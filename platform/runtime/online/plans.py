"""What a reader has to know of the views it reads: told by the portal, for one caller, for a while."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from runtime.online.derived import Derived
from runtime.online.names import prefix_of
from runtime.online.values import OnlineView


@dataclass(frozen=True, slots=True)
class PlannedView:
    """A view, which of its features are wanted (their place among all, and name), and how the caller sees them.

    `masks` are words of `runtime.masks` by column.
    """

    view: OnlineView
    event_time: str
    wanted: tuple[tuple[int, str], ...]
    masks: Mapping[str, str]
    # Which share of what is served goes into the queue of samples: 0 to 1.
    share: float = 0.0


@dataclass(frozen=True)
class Plan:
    """Views to read together, and what is reckoned of them; of a view that only that needs nothing is wanted."""

    views: tuple[PlannedView, ...]
    derived: tuple[Derived, ...] = ()
    _by_id: dict[UUID, PlannedView] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {one.view.id: one for one in self.views})

    def view(self, view_id: UUID) -> PlannedView:
        return self._by_id[view_id]

    @cached_property
    def shares(self) -> dict[UUID, float]:
        return {one.view.id: one.share for one in self.views}

    @cached_property
    def online_views(self) -> list[OnlineView]:
        return [one.view for one in self.views]

    @cached_property
    def width(self) -> int:
        """How many views are read and features reckoned for each entity."""
        return len(self.views) + sum(len(one.features) for one in self.derived)

    def as_document(self) -> list[dict[str, Any]]:
        """What `parse` reads. It holds the views' secrets: it goes to nobody who may not open all of their values."""
        return [
            {
                "id": str(one.view.id),
                "name": one.view.name,
                "secret": base64.b64encode(one.view.secret).decode(),
                "join_keys": list(one.view.join_keys),
                "features": list(one.view.features),
                "wanted": [name for _place, name in one.wanted],
                "ttl_us": one.view.ttl_us,
                "event_time": one.event_time,
                "masks": dict(one.masks),
                "share": one.share,
            }
            for one in self.views
        ] + [one.as_document() for one in self.derived]

    @classmethod
    def parse(cls, given: Sequence[Mapping[str, Any]], known: Mapping[UUID, OnlineView] | None = None) -> Plan:
        """`known` are views that were read before: one that is the same keeps what it remembers."""
        return cls(
            tuple(_parsed(one, known or {}) for one in given if "on_demand" not in one),
            tuple(Derived.parse(one) for one in given if "on_demand" in one),
        )


def planned(
    view: OnlineView, event_time: str, wanted: Sequence[str] | None, masks: Mapping[str, str], share: float = 0.0
) -> PlannedView:
    """`wanted` None takes all features of the view. KeyError names a feature that it does not have."""
    places = {name: place for place, name in enumerate(view.features)}
    chosen = tuple((places[name], name) for name in (view.features if wanted is None else wanted))
    return PlannedView(view, event_time, chosen, masks, share)


def _parsed(one: Mapping[str, Any], known: Mapping[UUID, OnlineView]) -> PlannedView:
    view_id = UUID(one["id"])
    ttl = one["ttl_us"]
    view = OnlineView(
        id=view_id,
        name=str(one["name"]),
        prefix=prefix_of(view_id),
        secret=base64.b64decode(one["secret"]),
        join_keys=tuple(one["join_keys"]),
        features=tuple(one["features"]),
        ttl_us=None if ttl is None else int(ttl),
    )
    if (before := known.get(view_id)) == view and before is not None:
        view = before
    return planned(view, str(one["event_time"]), one["wanted"], dict(one["masks"]), float(one["share"]))
