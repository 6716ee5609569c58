"""On-demand features of a service: reckoned of what was read and of what a request gives, as in training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from runtime.expressions import Program

Row = Mapping[str, Any]
_WRAPPED = frozenset({"entity", "request"})


class RequestRefused(Exception):
    """`why`: "count" (not as many as entities), "twice" (given in two ways), "unknown", "kind" (`wanted` says which).

    `place` is the entity's, from 0; `known` are the values that there are.
    """

    def __init__(
        self, why: str, *, place: int = 0, name: str = "", wanted: str = "", known: Sequence[str] = ()
    ) -> None:
        super().__init__(f"{why} {name}")
        self.why, self.place, self.name, self.wanted, self.known = why, place, name, wanted, tuple(known)


@dataclass(frozen=True)
class Derived:
    """On-demand features that are wanted of one definition.

    `declared` says what each value of a request is declared as (`runtime.expressions.DECLARED`), `inputs` the kind of
    all that the expressions name, `sources` of which view an input is a feature; `hidden` features are made of what the
    caller sees masked: they are not reckoned.
    """

    name: str
    declared: Mapping[str, str]
    inputs: Mapping[str, str]
    sources: Mapping[str, UUID]
    features: tuple[tuple[str, str], ...]
    hidden: frozenset[str]

    @cached_property
    def program(self) -> Program:
        """Compiled once for a plan."""
        from runtime.expressions import program_of

        shown = [{"name": name, "expression": text} for name, text in self.features if name not in self.hidden]
        return program_of({"inputs": dict(self.inputs), "features": shown})

    def as_document(self) -> dict[str, Any]:
        return {
            "on_demand": self.name,
            "declared": dict(self.declared),
            "inputs": [[name, kind] for name, kind in self.inputs.items()],
            "sources": {name: str(pk) for name, pk in self.sources.items()},
            "features": [[name, text] for name, text in self.features],
            "hidden": sorted(self.hidden),
        }

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Derived:
        return cls(
            name=str(given["on_demand"]),
            declared=dict(given["declared"]),
            inputs={str(name): str(kind) for name, kind in given["inputs"]},
            sources={str(name): UUID(pk) for name, pk in given["sources"].items()},
            features=tuple((str(name), str(text)) for name, text in given["features"]),
            hidden=frozenset(given["hidden"]),
        )


def parted(
    entities: Sequence[Row], requests: Sequence[Row] | None = None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Entities and what the request says of each: {"entity": …, "request": …} together, or in a list beside."""
    keys, values = [], []
    wrapped = False
    for one in entities:
        if one and not one.keys() - _WRAPPED and all(isinstance(part, Mapping) for part in one.values()):
            wrapped = wrapped or "request" in one
            keys.append(dict(one.get("entity") or {}))
            values.append(dict(one.get("request") or {}))
        else:
            keys.append(dict(one))
            values.append({})
    if requests is None:
        return keys, values
    if wrapped:
        raise RequestRefused("twice")
    if len(requests) != len(keys):
        raise RequestRefused("count")
    return keys, [dict(one) for one in requests]


def told_beside(derived: Sequence[Derived], entities: Sequence[Row], requests: Sequence[Row]) -> list[dict[str, Any]]:
    """The requests, each with what stands beside the entity's join keys, as other feature stores' clients send it."""
    names = {name for one in derived for name in one.declared}
    return [
        {**{name: entity[name] for name in names & entity.keys()}, **request} if names else dict(request)
        for entity, request in zip(entities, requests, strict=True)
    ]


def check_requests(derived: Sequence[Derived], requests: Sequence[Row]) -> None:
    """RequestRefused where a value is none of those declared, or not as it is declared."""
    known = {name: kind for one in derived for name, kind in one.declared.items()}
    for place, row in enumerate(requests):
        for name, value in row.items():
            if name not in known:
                raise RequestRefused("unknown", place=place, name=name, known=sorted(known))
            for one in derived:
                if name in one.declared and not fits(one.declared[name], value):
                    raise RequestRefused("kind", place=place, name=name, wanted=one.declared[name])


def fits(declared: str, value: Any) -> bool:
    """A whole number has no fraction, a date no time; a text that reads like a number is none. None is missing."""
    if value is None:
        return True
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    if declared == "number":
        return numeric
    if declared == "whole number":
        return numeric and (isinstance(value, int) or value.is_integer())
    if declared == "text":
        return isinstance(value, str)
    if declared == "truth":
        return isinstance(value, bool)
    return _is_moment(value, whole_day=declared == "date")


def _is_moment(value: Any, *, whole_day: bool) -> bool:
    if isinstance(value, str):
        try:
            return bool((date if whole_day else datetime).fromisoformat(value))
        except ValueError:
            return False
    return isinstance(value, date) and not (whole_day and isinstance(value, datetime))


def lacking(derived: Sequence[Derived], request: Row) -> list[str]:
    """The values that a request does not give: to the expressions they are missing."""
    return sorted({name for one in derived for name in one.declared if request.get(name) is None})
