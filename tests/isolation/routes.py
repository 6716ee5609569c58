"""All routes of the portal, flattened, and addresses made from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

_SAMPLES = {"int": "1", "slug": "some-slug", "str": "some-word", "path": "some/path"}


@dataclass(frozen=True)
class Route:
    """One URL pattern: its template ("t/<slug:tenant>/…"), what answers, and the kinds of its variables."""

    template: str
    view: Any
    variables: dict[str, Any]

    def __str__(self) -> str:
        return self.template

    @property
    def actions(self) -> dict[str, str]:
        """Of a viewset: which action answers each method; Django REST framework adds HEAD when it is first called."""
        actions = dict(getattr(self.view, "actions", None) or {})
        return {method: action for method, action in actions.items() if method != "head"}

    def address(self, **values: str) -> str:
        filled = self.template
        for name, converter in self.variables.items():
            kind = _kind(converter)
            value = values.get(name) or values.get(kind) or _SAMPLES.get(kind, "some-word")
            filled = filled.replace(f"<{kind}:{name}>", value)
        return f"/{filled}"

    @property
    def kinds_of_thing(self) -> set[str]:
        """The kinds of the variables below tenant and project."""
        return {_kind(found) for name, found in self.variables.items() if name not in {"tenant", "project"}}

    @property
    def kinds(self) -> set[str]:
        return {_kind(converter) for converter in self.variables.values()}


def every_route() -> list[Route]:
    return list(_walk(get_resolver().url_patterns, "", {}))


def _walk(patterns: list[Any], before: str, variables: dict[str, Any]) -> Iterator[Route]:
    for pattern in patterns:
        template = before + str(pattern.pattern)
        known = {**variables, **pattern.pattern.converters}
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, template, known)
        elif isinstance(pattern, URLPattern):
            yield Route(template, pattern.callback, known)


def _kind(converter: Any) -> str:
    return type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
