"""The pages of on-demand features: tried while they are written, kept, shown, and taken into a training set."""

from __future__ import annotations

import pytest

from apps.features import selectors, services
from apps.features.choices import BuildState
from foundation.clock import now
from runtime.expressions import FUNCTIONS

FEATURES = "/t/acme/p/flights/features/"
NEW = f"{FEATURES}on-demand/new/"


@pytest.fixture
def client(client_as, scientist):
    return client_as(scientist)


def words(view, **more):
    return {
        "name": "context",
        "request": "moment: moment\nseats: whole number\n",
        "features": "late_each = recent_delay / seats\nearly = hour(moment, 4) < 15",
        f"use_{view.pk.hex}": "on",
        f"take_{view.pk.hex}": ["recent_delay"],
        "tags": "trips, delays",
        **more,
    }


def test_from_the_first_word_to_a_training_set(client, view, flights, scientist, run_jobs):
    assert "No on-demand features yet" in client.get(FEATURES, {"show": "on_demand"}).content.decode()
    empty = client.get(NEW).content.decode()
    assert all(function.shape.replace('"', "&quot;") in empty for function in FUNCTIONS.values())

    typed = {"act": "try", "value_seats": "2", "value_recent_delay": "5", "value_moment": "2024-01-01 10:00"}
    tried = client.post(NEW, words(view, name="", **typed))
    assert tried.status_code == 200, tried.context["form"].errors
    assert dict(tried.context["found"]) == {"late_each": 2.5, "early": True}
    assert tried.context["sample"]["read"] == ["recent_delay"]
    assert [row[0] for row in tried.context["sample"]["rows"]] == [50, 7, 5]
    assert [row[1] for row in tried.context["sample"]["rows"]] == [25, 3.5, 2.5]

    for wrong, field, said in (
        ({"features": "a = nope + 1"}, "features", "“a”, sign 1: there is no value “nope”"),
        ({"features": "no equals"}, "features", "Line 1: a name, ="),
        ({"request": "moment\n"}, "request", "Line 1: a name, a colon"),
        ({"request": "a: number\na: text"}, "request", "Line 2: this name stands above"),
        ({"request": "a: blob"}, "request", "no type “blob”"),
        ({"act": "create", "name": "A b"}, "name", "not a name for SQL"),
    ):
        answer = client.post(NEW, {**words(view, act="try"), **wrong})
        assert answer.status_code == 422
        assert said in answer.context["form"].errors[field][0]
    misfit = client.post(NEW, words(view, **{**typed, "value_seats": "many"}))
    assert "“seats” is whole number; what was typed is none." in misfit.content.decode()

    before = client.post(NEW, words(view, act="file"))
    assert "As a file" in before.content.decode() and not selectors.visible_on_demand_views(actor=scientist).exists()
    made = client.post(NEW, words(view, act="create"))
    assert made.status_code == 303, made.context["form"].errors
    one = selectors.visible_on_demand_views(actor=scientist).get()
    here = f"{FEATURES}on-demand/{one.pk}/"
    assert made["Location"] == here
    for tab, said in (
        ("", "recent_delay / seats"),
        ("online", "client.on_demand.online("),
        ("lineage", "carrier_delay v1"),
        ("activity", "defined version 1"),
        ("try", "What is left empty is missing."),
    ):
        assert said in client.get(here, {"tab": tab}).content.decode(), tab
    assert "<bdi>2.5</bdi>" in client.get(here, {"tab": "try", **typed}).content.decode()
    assert "context" in client.get(FEATURES, {"show": "on_demand", "q": "delays"}).content.decode()
    assert "late_each = recent_delay / seats" in client.get(NEW, {"from": str(one.pk)}).content.decode()

    shown = client.get(here)
    assert "sanad features apply FILE" in shown.content.decode()
    plan = services.plan_definitions(actor=scientist, project=view.project, text=shown.context["written"])
    assert [(step.section, step.action) for step in plan.steps] == [("on_demand", "unchanged")]
    assert before.context["written"] == shown.context["written"]
    edit = f"{here}edit/"
    assert "no new version" in client.get(edit).content.decode()
    assert client.post(edit, {"owner": "nobody@nowhere.test"}).status_code == 422
    said = {"description": "What a trip tells", "owner": scientist.user.email, "tags": "trips"}
    assert client.post(edit, said)["Location"] == here
    one.refresh_from_db()
    assert (one.description, one.owner, one.tags, one.number) == ("What a trip tells", scientist.user, ["trips"], 1)

    base = f"{FEATURES}training-sets/new/?base={flights.pk}"
    assert "Columns of the data stand for what a request will bring." in client.get(base).content.decode()
    chosen = {
        "name": "late",
        "label": "late",
        "event_time": "moment",
        "features": ["carrier"],
        f"use_{view.pk.hex}": "on",
        f"key_{view.pk.hex}_0": "carrier",
        f"take_{view.pk.hex}": ["recent_delay"],
        f"use_{one.pk.hex}": "on",
        f"value_{one.pk.hex}_{list(one.request).index('moment')}": "moment",
        f"take_{one.pk.hex}": ["early"],
    }
    refused = client.post(base, {**chosen, f"take_{one.pk.hex}": ["late_each"]})
    assert "needs “seats”, but the data has no column “seats”" in refused.content.decode()
    made = client.post(base, chosen)
    assert made.status_code == 303, made.context["form"].errors
    run_jobs()
    row = selectors.visible_training_sets(actor=scientist).get()
    assert row.state == BuildState.READY, row.failure
    path = f"{FEATURES}training-sets/{row.pk}/"
    derived = client.get(path).content.decode().partition("Reckoned singly, too")[2].partition("</table>")[0]
    assert "context v1" in derived and "Deprecated" not in derived
    services.deprecate_on_demand(actor=scientist, view=one, reason="Old.", now=now())
    derived = client.get(path).content.decode().partition("Reckoned singly, too")[2].partition("</table>")[0]
    assert 'title="Deprecated: Old."' in derived
    assert "context v1" in client.get(path, {"tab": "lineage"}).content.decode()
    assert "late v1" in client.get(here, {"tab": "lineage"}).content.decode()


def test_a_viewer_looks_and_another_project_finds_nothing(client_as, viewer, other_scientist, scientist, view):
    from apps.features import services
    from apps.projects import services as projects

    project = view.project
    one = services.define_on_demand(
        actor=scientist, project=project, name="x", features=[{"name": "a", "expression": "1 + 1"}]
    )
    there = f"on-demand/{one.pk}/"
    assert client_as(viewer).get(FEATURES + there).status_code == 200
    assert client_as(viewer).post(NEW, {"act": "try"}).status_code == 403
    assert client_as(viewer).get(f"{FEATURES}{there}edit/").status_code == 403
    projects.create_project(actor=scientist, slug="else", name="Else", purpose="Other")
    assert client_as(scientist).get(f"/t/acme/p/else/features/{there}").status_code == 404
    assert client_as(other_scientist).get(FEATURES + there).status_code == 404
