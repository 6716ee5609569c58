"""An answer as it is told over REST: by the portal and by the gateway alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from runtime.masks import MASKS, Mask, hidden
from runtime.online.derived import Derived, lacking
from runtime.online.plans import Plan, PlannedView
from runtime.online.reading import Answer, OfView

# Without a zone, which would be reckoned again for each.
_EPOCH = datetime(1970, 1, 1)


def results(
    plan: Plan, entities: Sequence[Mapping[str, Any]], answer: Answer, requests: Sequence[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """For each entity {"entity", "features", "event_times", "missing", "expired", "not_online", "not_finite"}.

    A feature without a value is None, and its view among `missing`; where the value was too old it is among `expired`
    too, and where the store does not hold the view it is among `not_online`. JSON has no numbers that are not finite:
    they are None, and told by `not_finite`. What the plan derives stands among the features, and then `not_given` names
    the values that the entity's request lacks. RequestRefused where it gives what it cannot.
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
    if plan.derived:
        given = requests or [{}] * len(entities)
        for row, request in zip(told, given, strict=True):
            row["not_given"] = lacking(plan.derived, request)
        for derived in plan.derived:
            _derive(told, derived, answer, given)
    return told


def _derive(
    told: Sequence[dict[str, Any]], one: Derived, answer: Answer, requests: Sequence[Mapping[str, Any]]
) -> None:
    """Of clear values; what is made of masked ones only tells that it is covered."""
    found = {view.view.id: view for view in answer.views}
    places = [(name, found[pk], found[pk].view.features.index(name)) for name, pk in one.sources.items()]
    covered = {name: hidden(True) for name, _text in one.features if name in one.hidden}
    for at, (row, request) in enumerate(zip(told, requests, strict=True)):
        values = {name: request.get(name) for name in one.declared}
        for name, view, place in places:
            of_view = view.rows[at]
            values[name] = None if of_view is None else of_view[place]
        made = one.program.row(values)
        for name, _text in one.features:
            value = covered[name] if name in covered else made[name]
            row["features"][name] = value.isoformat() if isinstance(value, datetime) else value


def _tell(told: list[dict[str, Any]], plan: Plan, one: OfView) -> None:
    planned = plan.view(one.view.id)
    if one.columns and not planned.masks:
        _tell_columns(told, planned.wanted, one, one.columns)
    else:
        _tell_rows(told, planned, one)


def _tell_columns(
    told: list[dict[str, Any]], wanted: Sequence[tuple[int, str]], one: OfView, columns: Sequence[Sequence[Any]]
) -> None:
    """Every entity has its value, and nothing of it is covered: most answers, and in half the time."""
    name, features = one.view.name, [feature for _place, feature in wanted]
    rows = zip(*[columns[place] for place, _feature in wanted], strict=True) if wanted else iter([()] * len(told))
    for row, values, at in zip(told, rows, one.times, strict=True):
        row["features"].update(zip(features, values, strict=True))
        row["event_times"][name] = moment(at)


def _tell_rows(told: list[dict[str, Any]], planned: PlannedView, one: OfView) -> None:
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


@lru_cache(maxsize=4096)
def moment(at_us: int) -> str:
    """Microseconds since 1970 as ISO text in UTC; what was computed by the day or hour has few of them."""
    return (_EPOCH + timedelta(0, 0, at_us)).isoformat() + "+00:00"


def _said(value: float) -> str:
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
