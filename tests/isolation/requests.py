"""Requests that a member of one house makes with ids of another: in address, query, headers and body."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import uuid4

from drf_spectacular.generators import SchemaGenerator

from tests.isolation.houses import House
from tests.isolation.names import EXTRA_HEADERS, QUERIES, REQUIRED_QUERIES, WORDS, field_of, kind_of
from tests.isolation.routes import Route

_VARIABLE = re.compile(r"<(\w+):(\w+)>")


@dataclass(frozen=True)
class Try:
    """One request. `foreign` are the values of the other house in it; `must_refuse`: only 401, 403 and 404 will do."""

    method: str
    address: str
    how: str
    foreign: tuple[str, ...]
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    must_refuse: bool = False
    asked_by: str = "everybody"

    def with_nobodys_ids(self) -> Try:
        """The same with ids that nobody has: whoever may not know of a thing must not tell the two apart."""
        swaps = {thing: _nobodys(thing) for thing in self.foreign}
        body = json.loads(_swapped(json.dumps(self.body), swaps)) if self.body is not None else None
        query = {name: _swapped(value, swaps) for name, value in self.query.items()}
        return Try(
            self.method, _swapped(self.address, swaps), self.how, tuple(swaps.values()), body, query, self.headers
        )


def _swapped(text: str, swaps: dict[str, str]) -> str:
    for before, after in swaps.items():
        text = text.replace(before, after)
    return text


def _nobodys(thing: str) -> str:
    if re.fullmatch(r"[0-9a-f-]{36}", thing):
        return str(uuid4())
    if re.fullmatch(r"[0-9a-f]+", thing):
        return uuid4().hex * (len(thing) // 32 or 1)
    return f"no-{uuid4().hex[:8]}" if not thing.isdigit() else "2147483647"


def methods_of(route: Route) -> list[str]:
    """Of a page both are tried: what it does not answer is refused with 405."""
    return sorted(route.actions) or ["get", "post"]


def kinds_in(route: Route) -> dict[str, str]:
    """The variables of the address that name a thing, with its kind."""
    found = {variable: kind_of(route, variable) for variable in route.variables}
    return {variable: kind for variable, kind in found.items() if kind is not None}


def address_of(route: Route, house: House, foreign: House | None = None, variables: set[str] | None = None) -> str:
    """The address with things of the house; those of `variables` with the foreign house's."""
    kinds = kinds_in(route)

    def filled(match: re.Match[str]) -> str:
        name = match[2]
        if name not in kinds:
            return WORDS[name]
        owner = foreign if foreign is not None and name in (variables or set()) else house
        return owner.things[kinds[name]]

    return "/" + _VARIABLE.sub(filled, route.template)


def tries(route: Route, own: House, theirs: House) -> Iterator[Try]:
    """Every way to bring the ids of `theirs` into a request of a member of `own`."""
    kinds = kinds_in(route)
    for method in methods_of(route):
        yield from _by_address(route, method, kinds, own, theirs)
        yield from _by_headers(route, method, kinds, own, theirs)
        if method == "get":
            yield from _by_query(route, own, theirs)
        elif route.actions:
            yield from _by_body(route, method, own, theirs)


def _by_address(route: Route, method: str, kinds: dict[str, str], own: House, theirs: House) -> Iterator[Try]:
    body = sample_body(route, method, own) if route.actions else {}
    extra, query = EXTRA_HEADERS.get((route.template, method), {}), _own_query(route, method, own)
    places = {}
    inner = set(kinds) - {"tenant"}
    if "tenant" in kinds and inner:
        places["their thing at our address"] = inner - {"project"} or inner
        places["their project at our address"] = {"project"} & inner or inner
    if kinds:
        places["all of it theirs"] = set(kinds)
    for how, variables in places.items():
        foreign = tuple(theirs.things[kinds[name]] for name in variables)
        # At another tenant's address nobody of ours has a role that could differ.
        asked_by = "everybody" if how.startswith("their thing") or "tenant" not in kinds else "admins"
        yield Try(method, address_of(route, own, theirs, variables), how, foreign, body, query, extra, True, asked_by)


def _own_query(route: Route, method: str, own: House) -> dict[str, str]:
    wanted = REQUIRED_QUERIES.get((route.template, method), {})
    return {name: own.things[kind] for name, kind in wanted.items()}


def _by_headers(route: Route, method: str, kinds: dict[str, str], own: House, theirs: House) -> Iterator[Try]:
    """A session may name its tenant; a token's is its own whatever is said beside it."""
    if not route.template.startswith("api/"):
        return
    slug = theirs.things["tenant"]
    address, foreign = address_of(route, own, theirs, set(kinds)), (*map(theirs.things.get, kinds.values()), slug)
    body, must_refuse = sample_body(route, method, own), bool(kinds)
    extra, query = EXTRA_HEADERS.get((route.template, method), {}), _own_query(route, method, own)
    # WSGI reads every spelling alike, which is why the front door lets no name with "_" pass (tests/gateway).
    headers = {"X-Sanad-Tenant": slug, **extra}
    yield Try(method, address, "named in a header", foreign, body, query, headers, must_refuse, asked_by="admins")
    yield Try(method, address, "named in the query", foreign, body, {**query, "tenant": slug}, extra, asked_by="admin")


def _by_query(route: Route, own: House, theirs: House) -> Iterator[Try]:
    """A list is asked with one name after the other, whatever else with all at once."""
    address = address_of(route, own)
    written = {name: theirs.things[kind] for name, kind in QUERIES.items()}
    written["subject"] = f"run:{written['subject']}"
    if route.template.startswith("api/") and not kinds_in(route):
        inside = {"project": own.things["project"]}
        for name, value in written.items():
            thing = theirs.things[QUERIES[name]]
            yield Try("get", address, f"query {name}", (thing,), None, {**inside, name: value}, asked_by="admin")
    else:
        foreign = tuple(theirs.things[kind] for kind in QUERIES.values())
        yield Try("get", address, "queries", foreign, None, written, asked_by="admin")


def _by_body(route: Route, method: str, own: House, theirs: House) -> Iterator[Try]:
    body = sample_body(route, method, own)
    for name, described in _fields(route, method).items():
        found = field_of(name, described, f"{method.upper()} /{route}")
        if found is None:
            continue
        kind, shape = found
        thing = theirs.things[kind]
        changed = {**body, name: shape(thing)}
        how = f"field {name} of the body"
        yield Try(method, address_of(route, own), how, (thing,), changed, asked_by="admins")


# The OpenAPI description


@cache
def schema() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-any-return, no-untyped-call]


def operation(route: Route, method: str) -> dict[str, Any]:
    path = "/" + re.sub(r"<\w+:(\w+)>", lambda match: "{id}" if match[1] == "pk" else f"{{{match[1]}}}", route.template)
    return schema()["paths"].get(path, {}).get(method, {})


def _described(route: Route, method: str) -> dict[str, Any]:
    content = operation(route, method).get("requestBody", {}).get("content", {})
    return _resolved(content.get("application/json", {}).get("schema", {}))


def _fields(route: Route, method: str) -> dict[str, Any]:
    return _described(route, method).get("properties", {})


def _required(route: Route, method: str) -> list[str]:
    return _described(route, method).get("required", [])


def _resolved(part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        part = schema()["components"]["schemas"][part["$ref"].rpartition("/")[2]]
    return part


def sample_body(route: Route, method: str, own: House) -> Any:
    """A body as the description asks for it, whose ids are of one's own house."""
    if method in {"get", "delete"}:
        return None
    body = {}
    for name, described in _fields(route, method).items():
        found = field_of(name, described, f"{method.upper()} /{route}")
        if found:
            body[name] = found[1](own.things[found[0]])
        elif method == "patch" or name in _required(route, method):
            body[name] = _sample(described)
    return body


_BY_FORMAT = {"uuid": "00000000-0000-4000-8000-000000000000", "email": "someone@bank.test", "date": "2026-01-01"}


def _sample(described: dict[str, Any]) -> Any:
    described = _resolved(described)
    for choice in described.get("oneOf") or described.get("allOf") or described.get("anyOf") or ():
        return _sample(choice)
    if "enum" in described:
        return described["enum"][0]
    kinds = described.get("type", "object")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    if described.get("format") == "date-time":
        return "2099-01-01T00:00:00Z"
    if kind == "array":
        return [_sample(described.get("items", {"type": "string"}))]
    return {
        "string": _BY_FORMAT.get(described.get("format", ""), "word"),
        "integer": described.get("minimum", 1),
        "number": described.get("minimum", 1.0),
        "boolean": False,
        "object": {},
    }[kind]
