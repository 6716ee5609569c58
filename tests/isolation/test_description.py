"""The REST surface does what its OpenAPI description says, whatever it is sent: no 5xx, no status it does not name."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
import schemathesis
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers

from foundation.clock import now
from foundation.identity.models import ApiToken
from foundation.identity.tokens import create_token
from foundation.tenancy import scope
from tests.isolation.names import FIELDS, PLACES
from tests.isolation.requests import schema as description

OPERATIONS = {
    found.ok().label: found.ok() for found in schemathesis.openapi.from_dict(description()).get_all_operations()
}
# Few and always the same: what is looked for is a kind of input, not a needle.
FEW = settings(
    max_examples=4,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
# Which of hypothesis' own words fit a field; other modules' tests have theirs.
FITTING = type(providers.CONSTANTS_CACHE)(1024)
# What asks MLflow or the lake, of which the house of this test has none: a sentence with 503 is right there.
MAY_BE_AWAY = {
    "GET /api/v1/runs/{id}/metrics/",
}


@pytest.fixture(autouse=True)
def no_words_of_ours(monkeypatch):
    """Hypothesis tries words that it finds in the modules that happen to be loaded: with these, no two runs were alike,
    and a fifth of the time went by with looking which of ten thousand fit a field."""
    monkeypatch.setattr(providers, "_get_local_constants", providers.Constants)
    monkeypatch.setattr(providers, "CONSTANTS_CACHE", FITTING)


@pytest.fixture
def house(two_houses, db):
    return two_houses.own


@pytest.fixture
def authorization(house):
    with scope(house.tenant.pk):
        row, token = create_token(tenant=house.tenant, name="test", user=house.admin.user)
        # Used a moment ago, as most are: each request here is undone, and would note its use once more.
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now())
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("label", list(OPERATIONS))
def test_answers_are_as_described(label, house, authorization):
    operation = OPERATIONS[label]

    @FEW
    @given(case=operation.as_strategy(), own=st.booleans())
    def asked(case: Any, own: bool) -> None:
        if own:
            _make_own(case, house)
        with transaction.atomic():
            answer = _answer_to(case, authorization)
            transaction.set_rollback(True)
        judge(label, answer)

    asked()


def _answer_to(case: Any, headers: dict[str, str]) -> Any:
    """The generated request as it goes over the wire, through the whole stack of the portal."""
    wire = requests.Request(**case.as_transport_kwargs(base_url="http://testserver")).prepare()
    kind = wire.headers.pop("Content-Type", "application/json")
    given = {name: value for name, value in wire.headers.items() if name.lower() not in {"content-length", "host"}}
    client = Client(raise_request_exception=False, headers={**given, **headers})
    return client.generic(wire.method, wire.path_url, wire.body or b"", content_type=kind)


def judge(label: str, answer: Any) -> None:
    """No 5xx; a status that the description names, with a body of the kind that it names."""
    status = answer.status_code
    assert status < 500 or label in MAY_BE_AWAY, f"{label} broke with {status}: {answer.content[:300]!r}"
    responses = OPERATIONS[label].definition.raw["responses"]
    assert str(status) in responses, f"{label} answers {status}, which its description does not name."
    kinds = responses[str(status)].get("content", {})
    found = answer.headers.get("Content-Type", "").partition(";")[0]
    assert not kinds or found in kinds, f"{label} answers {status} as {found!r} instead of {list(kinds)}."


def _make_own(case: Any, house: Any) -> None:
    """Ids of things that are there, so that what lies behind the door is asked as well."""
    noun = case.path.removeprefix("/api/v1/").partition("/")[0]
    for name in case.path_parameters or {}:
        if name in {"id", "slug"}:
            kind = "project" if noun == "projects" else PLACES.get(noun, "run")
            case.path_parameters[name] = house.things[kind]
    if isinstance(case.body, dict):
        for name, (kind, shape) in FIELDS.items():
            if name in case.body:
                case.body[name] = shape(house.things[kind])
    case.query = {**(case.query or {}), "project": house.things["project"]}


DEEP = json.loads("[" * 200 + "]" * 200)
ODD = {
    "NUL": "a\x00b",
    "half a pair": "a\ud800b",
    "endless": "x" * 70_000,
    "huge": 10**400,
    "below": -(2**63) - 1,
    "fraction": 1e308,
    "nothing": None,
    "list": ["a", None, {}],
    "object": {"a": {"b": []}, "": 0},
    "deep": DEEP,
    "word of another kind": True,
    "right to left": "\u202e\u200b\ufeff",
}
TELLING = [ODD[name] for name in ("huge", "nothing", "object")]
QUERIES = (
    *("cursor", "limit", "project", "subject", "actor", "kind", "since", "until", "state", "name", "offset", "keys"),
    *("month", "feature", "group"),
)
WITH_BODY = [label for label, operation in OPERATIONS.items() if "requestBody" in operation.definition.raw]


@pytest.mark.parametrize("label", WITH_BODY)
def test_odd_input_is_refused_in_words(label, house, authorization):
    for name, value in ODD.items():
        for body in _bodies(OPERATIONS[label], value, house):
            with transaction.atomic():
                answer = _sent(label, json.dumps(body), house, authorization)
                transaction.set_rollback(True)
            assert answer.status_code < 500, f"{label} with {name}: {answer.status_code} {answer.content[:300]!r}"


@pytest.mark.parametrize("body", [b'"a"', b"[]", b"null", b"1"])
def test_a_body_that_is_no_object_is_refused_in_words(body, house, authorization):
    for label in WITH_BODY:
        answer = _sent(label, body, house, authorization)
        assert answer.status_code < 500, f"{label}: {answer.status_code} {answer.content[:300]!r}"


# One parser reads all bodies before a view sees them: one operation of each noun is enough to show what it refuses.
OF_EACH_NOUN = {label.split("/")[3]: label for label in WITH_BODY}.values()


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 50_000, b'{"a":1,"a":2}', b"NaN"])
def test_a_body_that_cannot_be_read_is_refused_in_words(body, house, authorization):
    for label in OF_EACH_NOUN:
        answer = _sent(label, body, house, authorization)
        assert answer.status_code < 500, f"{label}: {answer.status_code} {answer.content[:300]!r}"


@pytest.mark.parametrize("value", ["%00", "%ED%A0%80", "9" * 400, "x" * 5000, "a:b", "%F0%28", "-1", "[]"])
def test_odd_queries_are_refused_in_words(value, house, authorization):
    client = Client(raise_request_exception=False, headers=authorization)
    for label in OPERATIONS:
        method, _, path = label.partition(" ")
        if method != "GET":
            continue
        for query in _queries(value, house, OPERATIONS[label]):
            answer = client.get(_address(path, house), QUERY_STRING=query)
            assert answer.status_code < 500 or label in MAY_BE_AWAY, f"{label}?{query}: {answer.content[:300]!r}"


def _queries(value: str, house: Any, operation: Any) -> list[str]:
    """All names at once; where the project is one of them, also beside a project that is there."""
    said = "&".join(f"{name}={value}" for name in QUERIES)
    described = {one["name"] for one in operation.definition.raw.get("parameters", [])}
    return [said, f"{said}&project={house.things['project']}"] if "project" in described else [said]


def _bodies(operation: Any, value: Any, house: Any) -> list[Any]:
    """The odd value in every field at once; what is most telling also in one after the other beside what is right."""
    described = operation.definition.raw["requestBody"]["content"].get("application/json", {}).get("schema", {})
    resolved = description()["components"]["schemas"].get(described.get("$ref", "").rpartition("/")[2], described)
    names = list(resolved.get("properties", {}))
    right = {name: FIELDS[name][1](house.things[FIELDS[name][0]]) if name in FIELDS else "word" for name in names}
    alone = names if value in TELLING else []
    return [dict.fromkeys(names, value), *({**right, name: value} for name in alone), {**right, "more": value}]


def _sent(label: str, body: Any, house: Any, headers: dict[str, str]) -> Any:
    method, _, path = label.partition(" ")
    client = Client(raise_request_exception=False, headers=headers)
    return client.generic(method, _address(path, house), body, content_type="application/json")


def _address(path: str, house: Any) -> str:
    noun = path.removeprefix("/api/v1/").partition("/")[0]
    thing = house.things["project" if noun == "projects" else PLACES.get(noun, "run")]
    return path.replace("{id}", thing).replace("{slug}", thing).replace("{kind}", "run")
