"""An answer as it is told over REST: by the portal and by the gateway alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from runtime.masks import MASKS, Mask, hidden
from runtime.online.plans import Plan
from runtime.online.reading import Answer, OfView

# What is computed of what was read, for each entity in its place: {feature: value}.
Extra = Callable[[Sequence[Mapping[str, Any]], Answer], Sequence[Mapping[str, Any]]]


def results(
    plan: Plan, entities: Sequence[Mapping[str, Any]], answer: Answer, extra: Extra | None = None
) -> list[dict[str, Any]]:
    """For each entity {"entity", "features", "event_times", "missing", "expired", "not_online", "not_finite"}.

    A feature without a value is None, and its view among `missing`; where the value was too old it is among `expired`
    too, and where the store does not hold the view it is among `not_online`. JSON has no numbers that are not finite:
    they are None, and told by `not_finite`. What is `extra` stands among the features, computed of clear values.
    """
    told: list[dict[str, Any]] = [
        {
            "entity": dict(entity),
            "features": {},
            "event_times": {},
            "missing": [],
            "expired": [],
            "not_online": [],
            "not_finite": {},
        }
        for entity in entities
    ]
    for one in answer.views:
        _tell(told, plan, one)
    if extra is not None:
        for row, more in zip(told, extra(entities, answer), strict=True):
            row["features"].update(more)
    return told


def _tell(told: list[dict[str, Any]], plan: Plan, one: OfView) -> None:
    planned = plan.view(one.view.id)
    name, wanted = one.view.name, planned.wanted
    nothing = dict.fromkeys(feature for _place, feature in wanted)
    everything = len(wanted) == len(one.view.features)
    features = one.view.features
    masks: list[tuple[str, Mask]] = [
        (feature, MASKS.get(word, hidden)) for feature, word in planned.masks.items() if feature in nothing
    ]
    hides_time = planned.event_time in planned.masks
    expired = set(one.expired)
    for place, (row, values) in enumerate(zip(told, one.rows, strict=True)):
        at = one.times[place]
        if at is not None:
            row["event_times"][name] = hidden(at) if hides_time else moment(at)
        if values is None:
            row["missing"].append(name)
            row["features"].update(nothing)
            if place in expired:
                row["expired"].append(name)
            elif not one.is_online:
                row["not_online"].append(name)
            continue
        found = dict(zip(features, values, strict=True)) if everything else {f: values[i] for i, f in wanted}
        for index in one.odd.get(place, ()):
            if features[index] in found:
                row["not_finite"][features[index]] = _said(values[index])
                found[features[index]] = None
        for feature, mask in masks:
            found[feature] = mask(found[feature])
            if row["not_finite"].pop(feature, None) is not None:
                found[feature] = hidden("")
        row["features"].update(found)


def moment(at_us: int) -> str:
    """Microseconds since 1970 as ISO text in UTC."""
    seconds, rest = divmod(at_us, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest).isoformat()


def _said(value: float) -> str:
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
