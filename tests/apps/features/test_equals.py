"""What pages of features do stands on them as curl, Python and command line, and the curl does it."""

from __future__ import annotations

import html
import json
import re
import shlex
from uuid import UUID

import pytest
from django.urls import resolve, reverse

from apps.features import selectors, services
from apps.tenants.models import BinnedThing
from foundation.web import equals
from tests.apps.features.pages import HERE, addresses, main_of, things

__all__ = ["things"]

DEFINING = ("view", "windows", "on_demand", "service", "training_set")
TABS = ("", "?tab=online", "?tab=skew", "?tab=activity")


@pytest.fixture
def client(client_as, admin):
    return client_as(admin)


def does(act, address):
    """Whether the act is what a post to the address does: by the last word of both, or by deleting."""
    word, done = address.strip("/").rpartition("/")[2], act.path.strip("/").rpartition("/")[2]
    return word in done if act.method == "POST" else act.method == "DELETE" and word in ("remove", "delete")


def test_every_page_with_a_form_says_what_it_does_by_program(client, things):
    shown = [(name, path + tab) for name, path in addresses(things) for tab in TABS]
    forms = [(name, page) for name, path in shown if 'method="post"' in (page := main_of(client, path))]
    assert {"view_detail", "history_detail", "view_edit", "on_demand_deprecate"} <= {name for name, _page in forms}
    without = {name for name, page in forms if "The same by program" not in page}
    assert not without, without


def test_what_is_posted_from_another_page_stands_there_by_program(client, things):
    """A button posts to an address that is no page, which begins with that of the thing it stands beside."""
    posted = {path: name for name, path in addresses(things) if client.get(path).status_code in (303, 405)}
    assert len(posted) >= 8
    for path in posted:
        home = resolve(path.rstrip("/").rpartition("/")[0] + "/").view_name
        assert any(does(act, path) for act in equals.acts_of(home)), (home, path)


def test_a_save_that_is_refused_is_answered_with_what_it_does_by_program(client, things):
    view = things["view_id"]
    for word in ("freshness", "skew"):
        answer = client.post(f"/t/acme/p/flights/features/views/{view}/{word}/", {"amount": "-1", "share": "-1"})
        assert answer.status_code == 422
        assert "The same by program" in answer.content.decode()


def test_whatever_a_page_does_stands_there_in_all_three_forms(client, things):
    names = {name for name, _path in addresses(things)}
    without = {(name, str(act.title)) for name in names for act in equals.acts_of(f"features:{name}") if not act.cli}
    assert not without, without
    page = main_of(client, f"/t/acme/p/flights/features/history/{things['retrieval_id']}/")
    assert f"sanad features forget {things['retrieval_id']}" in page


def sent_by(page):
    """Every curl of the page, as the operation that it asks and what it sends."""
    for code in re.findall(r"<code>(curl -X POST .*?)</code>", page, re.DOTALL):
        words = shlex.split(html.unescape(code).replace("\\\n", ""))
        yield words[3].partition("/api/v1/")[2], words[words.index("-d") + 1]


@pytest.mark.parametrize("kind", DEFINING)
def test_what_a_defining_page_shows_can_be_pasted_as_it_is(kind, client, api_as, scientist, carrier, view, flights):
    program = api_as(scientist)
    asked = list(sent_by(main_of(client, reverse(f"features:{kind}_define", kwargs=HERE))))
    assert asked
    for path, body in asked:
        answer = program.post(f"/api/v1/{path}", body, content_type="application/json")
        assert answer.status_code in (200, 201, 202), (path, body, answer.json())
    if kind == "training_set":
        assert json.loads(asked[-1][1])["views"]


def test_in_the_bin_a_page_says_what_the_bin_does_with_the_thing_and_nothing_else(client, things, admin, project):
    service = selectors.get_service(actor=admin, service_id=things["service_id"])
    services.remove_service(actor=admin, service=service)
    computed = selectors.get_on_demand_view(actor=admin, on_demand_id=things["on_demand_id"])
    services.remove_on_demand(actor=admin, view=computed, confirmation=str(computed))
    view = selectors.get_view(actor=admin, view_id=things["view_id"])
    services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view), break_chain=True)
    for name, thing in (("service", service), ("on_demand", computed), ("view", view)):
        page = main_of(client, reverse(f"features:{name}_detail", kwargs={**HERE, f"{name}_id": thing.pk}))
        binned = BinnedThing.objects.get(thing_id=thing.pk)
        told = page.partition("The same by program")[2]
        assert f"sanad bin restore {binned.pk}" in told
        assert "deprecate" not in told and "edit(" not in told


@pytest.mark.parametrize("kind", ["view", "windows", "on_demand", "service"])
def test_of_the_next_version_it_is_what_the_thing_is_now(
    kind, client, api_as, scientist, project, carrier, view, flights
):
    by = {"actor": scientist, "project": project}
    uses = [{"view": str(view.pk), "features": ["recent_delay"]}]
    aggregations = [{"name": "late_2d", "function": "quantile", "column": "late", "seconds": 172_800, "quantile": 0.9}]
    meant = {"entity": carrier, "event_time": "moment", "slide_seconds": 600, "aggregations": aggregations}
    derived = {"request": {"bar": "number"}, "features": [{"name": "much", "expression": "recent_delay > bar"}]}
    computed = services.define_on_demand(**by, name="context", uses=uses, **derived)
    holds = {"created_column": "known", "ttl_seconds": 5400}
    sql = view.sql.replace("moment", "moment, moment + INTERVAL 1 HOUR AS known", 1)
    read = {alias: UUID(pk) for alias, pk in view.inputs.items()}
    timed = {"entity": carrier, "name": "lately", "sql": sql, "inputs": read, "event_time": "moment"}
    there = {
        "view": services.define_view(**by, **timed, **holds),
        "windows": services.define_windows(**by, name="lateness", version_id=flights.pk, **meant, ttl_seconds=5400),
        "on_demand": computed,
        "service": services.define_service(**by, name="trips", views=uses, on_demand=[{"id": computed.pk}]),
    }[kind]
    page = main_of(client, reverse(f"features:{kind}_define", kwargs=HERE) + f"?from={there.pk}")
    assert kind in ("on_demand", "service") or "--ttl 5400s" in page
    path, body = list(sent_by(page))[-1]
    answer = api_as(scientist).post(f"/api/v1/{path}", body, content_type="application/json")
    assert answer.status_code in (201, 202), (path, body, answer.json())
    made = type(there).objects.get(pk=answer.json()["id"])
    assert (made.name, made.number) == (there.name, 2)
    times = ("event_time", "created_column", "ttl_seconds")
    same = {"view": ("sql", "inputs", *times), "windows": ("windows", *times)}
    same |= {"on_demand": ("request", "uses", "features"), "service": ("views", "on_demand")}
    assert all(getattr(made, word) == getattr(there, word) for word in same[kind])
