"""Pages of settings and connections show what they do as curl, Python and command line; each of the three is true."""

from __future__ import annotations

import ast
import html
import inspect
import json
import re
import shlex
from types import SimpleNamespace
from typing import get_type_hints
from uuid import uuid4

import pytest
from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator

from apps.connections.views.equals import EQUALS as OF_CONNECTIONS
from apps.dashboards.views.equals import EQUALS as OF_FILTERS
from apps.datasets.views.equals import EQUALS as OF_INGESTIONS
from apps.datasets.views.equals_of_datasets import EQUALS as OF_DATASETS
from apps.features.views.equals import EQUALS as OF_FEATURES
from apps.streams.views.equals import EQUALS as OF_STREAMS
from apps.tenants import services
from apps.tenants.views.equals import EQUALS as OF_TENANTS
from foundation.web import equals
from sanad.cli import parser
from sanad.client import Client
from tests.browser.pages import TENANT_PAGES

# Names that would end a word of a shell, of Python and of JSON if they were not quoted.
ODD = """O'Brien "& Sons" {0} $(id)"""
THING = SimpleNamespace(pk=uuid4(), name=ODD)
_THINGS = ("group", "account", "provider", "webhook", "binned", "tenant", "connection", "stream", "ingestion")
_THINGS += ("saved", "dataset", "version", "quarantine", "transformation")
_THINGS += ("view", "entity", "service", "set", "feature", "row")
PAGE = {
    "membership": SimpleNamespace(pk=uuid4(), user=SimpleNamespace(email="o'brien@acme.test")),
    **dict.fromkeys(_THINGS, THING),
    "project": SimpleNamespace(slug="flights"),
}
_WINDOW = {"name": "n", "function": "count", "column": "", "seconds": 60, "quantile": None}
_VIEW = str(uuid4())
_WORDS = ("name", "entity", "sql", "event_time", "version", "base", "label", "known_since", "created_column")
EXAMPLE = dict.fromkeys(_WORDS, ODD) | {
    "keys": [ODD],
    "key_options": ["--key", ODD],
    "inputs": {ODD: str(uuid4())},
    "said": {ODD: ODD},
    "stream": None,
    "slide": 60,
    "aggregations": [_WINDOW],
    "request": {ODD: "text"},
    "values": {ODD: None},
    "values_said": json.dumps({ODD: None}),
    "features": {ODD: ODD},
    "feature_list": [{"name": ODD, "expression": ODD}],
    "uses": {_VIEW: None},
    "use_list": [{"view": _VIEW, "features": None}],
    "views": [{"view": _VIEW, "features": [ODD]}],
    "view_names": [ODD],
    "on_demand": [],
    "service": None,
    "created_column": ODD,
    "timeless": [ODD],
    "ttl": 60,
}
OPTIONS = {
    "features:view_define": ["--input", f"{ODD}={ODD}"],
    "features:windows_define": ["--dataset", ODD, "--slide", "60s", "--aggregation", "n=count::60s"],
    "features:on_demand_define": ["--feature", f"{ODD}={ODD}"],
    "features:service_define": ["--view", ODD],
}
EQUALS = {**OF_TENANTS, **OF_CONNECTIONS, **OF_INGESTIONS, **OF_DATASETS, **OF_STREAMS, **OF_FILTERS, **OF_FEATURES}
COMMANDS = parser()
ACTS = [(view, act) for view, acts in EQUALS.items() for act in acts]
COMMANDED = [(view, act) for view, act in ACTS if act.cli]


def name_of(view, act):
    return f"{view}-{act.method}-{act.path}"


NAMES = [name_of(*one) for one in ACTS]


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


def code(view, act, form):
    page = {**PAGE, "example": {**EXAMPLE, "options": OPTIONS.get(view, [])}}
    return next(one["code"] for one in equals.snippets(act, page) if one["name"] == form)


@pytest.mark.parametrize(("view", "act"), ACTS, ids=NAMES)
def test_curl_is_an_operation_of_the_schema_with_its_fields(view, act, schema):
    words = shlex.split(code(view, act, "curl").replace("\\\n", " "))
    method, path = words[2], re.sub(r"\?.*", "", words[3].partition("/api/v1/")[2])
    assert words[0] == "curl" and method == act.method
    view_class = resolve(f"/api/v1/{path}").func
    assert getattr(view_class, "actions", {}).get(method.lower())

    if "-d" in words:
        sent = json.loads(words[words.index("-d") + 1])
        wanted = body_of(schema, act)
        assert set(sent) <= set(wanted["properties"]), wanted["properties"].keys()
        assert set(wanted.get("required", [])) <= set(sent)


def body_of(schema, act):
    """What the operation takes, by the schema's own words."""
    pattern = re.sub(r"\{[^}]*\}|[0-9a-f]{8}-[0-9a-f-]{27}", "[^/]+", act.path.partition("?")[0])
    for path, operations in schema["paths"].items():
        found = operations.get(act.method.lower())
        if found and re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", pattern), path.removeprefix("/api/v1/")):
            named = found["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            return schema["components"]["schemas"][named.rpartition("/")[2]]
    raise AssertionError(act.path)


@pytest.mark.parametrize(("view", "act"), ACTS, ids=NAMES)
def test_python_calls_what_the_client_has_with_what_it_takes(view, act):
    *_before, last = ast.parse(code(view, act, "Python")).body
    client = Client("https://portal.example", "snd_x")
    calls = [node for node in ast.walk(last) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    assert calls
    for call in calls:
        method = method_of(client, call)
        given = {word.arg: None for word in call.keywords}
        inspect.signature(method).bind(*call.args, **given)


def method_of(client, call):
    """What is called: of a resource of the client, or of what such a call gives."""
    of = call.func.value
    if isinstance(of, ast.Call):
        return getattr(get_type_hints(method_of(client, of))["return"], call.func.attr).__get__(client)
    return getattr(getattr(client, of.attr), call.func.attr)


@pytest.mark.parametrize(("view", "act"), COMMANDED, ids=[name_of(*one) for one in COMMANDED])
def test_the_command_is_one_that_the_command_line_takes(view, act):
    first, last = code(view, act, "CLI").splitlines()
    assert first.startswith("export SANAD_URL=") and first.endswith("SANAD_TOKEN=snd_… SANAD_PROJECT=flights")
    said = COMMANDS.parse_args(shlex.split(last)[1:])
    assert callable(said.command)
    if "{group.name}" in act.cli or "{example[name]}" in act.cli:
        assert said.name == ODD


def test_lists_and_mappings_stand_as_such_where_they_are_filled_in():
    act = equals.Act("", "POST", "x/", "client.x({one})", "x {one}", {"one": "{one}", "in": [{"two": "{two}"}]})
    said = {form["name"]: form["code"] for form in equals.snippets(act, {"one": ["a b", "c"], "two": None})}
    assert said["Python"].endswith("client.x(['a b', 'c'])")
    assert said["CLI"].endswith("sanad x 'a b' c")
    assert json.loads(shlex.split(said["curl"].replace("\\\n", ""))[-1]) == {"one": ["a b", "c"], "in": [{"two": None}]}


def test_an_act_without_a_command_shows_none():
    act = equals.Act("", "POST", "x/", "client.x()")
    assert [form["name"] for form in equals.snippets(act, {})] == ["curl", "Python"]


@pytest.mark.parametrize("path", [path for path in TENANT_PAGES.values() if re.fullmatch(r"settings/[a-z/-]+", path)])
def test_every_page_of_the_settings_has_its_acts(client_as, admin, path):
    page = client_as(admin).get(f"/t/acme/{path}").content.decode()
    assert "The same by program" in page and "curl -X" in html.unescape(page)


def test_a_page_shows_them_with_its_own_names(client_as, admin):
    group = services.create_group(actor=admin, name=ODD, description="")
    page = html.unescape(client_as(admin).get(f"/t/acme/settings/groups/{group.pk}/").content.decode())
    assert "The same by program" in page
    assert f"sanad group delete {shlex.quote(ODD)}" in page
    assert f"client.groups.delete('{group.pk}')" in page
    assert "curl -X DELETE http" in page and f"/api/v1/groups/{group.pk}/" in page


def test_a_page_without_acts_shows_no_empty_fold(client_as, admin):
    assert "The same by program" not in client_as(admin).get("/t/acme/").content.decode()
