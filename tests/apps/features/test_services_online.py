"""A service answers online with its on-demand features: of values in the lake and of those of the request."""

from __future__ import annotations

import json

import pytest

from apps.datasets.selectors import HIDDEN
from apps.features import selectors, services
from apps.features.choices import BuildState
from apps.features.errors import DefinitionRefused
from apps.features.models import FeatureService, TrainingSet
from foundation import clock
from foundation.errors import NotFound
from runtime.online import Plan
from tests.apps.features import stage
from tests.apps.features.shared import *  # noqa: F403
from tests.support.history import acts_on, done_by

REQUEST = {"booked": "moment", "seats": "whole number"}
FEATURES = [
    {"name": "late_each", "expression": "recent_delay / seats"},
    {"name": "next_hour", "expression": "hour(booked) + 1"},
    {"name": "same_time", "expression": "booked"},
]
ENTITIES = [{"carrier": "AA"}, {"carrier": "nobody"}]
GIVEN = [{"booked": "2024-05-01T22:30:00", "seats": 5}, {"seats": 5}]


@pytest.fixture
def by(scientist, project):
    return {"actor": scientist, "project": project}


@pytest.fixture
def context(by, view):
    uses = [{"view": str(view.pk), "features": ["recent_delay"]}]
    return services.define_on_demand(**by, name="context", request=REQUEST, uses=uses, features=FEATURES)


@pytest.fixture
def service(by, context):
    """It takes no view of its own: what its features are made of is read all the same."""
    return services.define_service(**by, name="trips", views=[], on_demand=[{"id": context.pk, "features": None}])


def test_values_of_the_request_come_with_each_entity(service, project, scientist, viewer, api_as):
    asked = {"project": project.slug, "service": "trips"}
    plan = services.online_plan(actor=scientist, asked=asked)
    assert Plan.parse(plan.as_document()) == plan

    def read(entities, requests=None):
        words = {"tenant_id": project.tenant_id, "now": clock.now()}
        return services.read_plan(plan, entities, requests=requests, **words)

    known, unknown = read(ENTITIES, GIVEN)
    assert known["features"] == {"late_each": 10.0, "next_hour": 23.0, "same_time": "2024-05-01T22:30:00+00:00"}
    assert (known["not_given"], known["missing"]) == ([], [])
    assert unknown["features"] == {"late_each": None, "next_hour": None, "same_time": None}
    assert (unknown["not_given"], unknown["missing"]) == (["booked"], ["carrier_delay v1"])
    beside = [{"entity": one, "request": given} for one, given in zip(ENTITIES, GIVEN, strict=True)]
    assert read(beside) == [known, unknown]
    flat = [{**one, **given} for one, given in zip(ENTITIES, GIVEN, strict=True)]
    assert [{**row, "entity": one} for row, one in zip(read(flat), ENTITIES, strict=True)] == [known, unknown]
    with pytest.raises(DefinitionRefused, match="“seats” has to be a whole number"):
        read([{**ENTITIES[0], "seats": 1.5}])
    assert [row["not_given"] for row in read(ENTITIES)] == [["booked", "seats"]] * 2
    for entities, requests, said in (
        (ENTITIES, GIVEN[:1], "not as many requests"),
        (beside, GIVEN, "given twice"),
        (ENTITIES, [{"colour": 1}, {}], "no value “colour” to give. There are: “booked”, “seats”"),
        (ENTITIES, [{"seats": 1.5}, {}], "“seats” has to be a whole number"),
        (ENTITIES, [{"booked": "soon"}, {}], "“booked” has to be a moment"),
    ):
        with pytest.raises(DefinitionRefused, match=said):
            read(entities, requests)

    body = json.dumps({**asked, "entities": ENTITIES, "requests": GIVEN})
    answer = api_as(scientist).post("/api/v1/feature-views/online/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["results"]) == (200, [known, unknown])
    with pytest.raises(NotFound, match="no feature service “nothing” in this project"):
        services.online_plan(actor=scientist, asked={**asked, "service": "nothing"})


def test_no_two_of_a_service_ask_for_one_value_as_what_no_request_could_give(by, context):
    kinds = {"whole": "number", "said": "text"}
    whole, said = (
        services.define_on_demand(**by, name=name, request={"seats": kind}, uses=[], features=[one])
        for name, kind in kinds.items()
        for one in [{"name": f"{name}_seats", "expression": "seats"}]
    )
    fits = services.define_service(**by, name="fits", views=[], on_demand=[{"id": context.pk}, {"id": whole.pk}])
    assert "whole_seats" in fits.feature_names
    with pytest.raises(DefinitionRefused, match="ask for “seats” as a whole number and as a text") as refused:
        services.define_service(**by, name="wrong", views=[], on_demand=[{"id": context.pk}, {"id": said.pk}])
    assert "on_demand" in refused.value.fields
    # What needs no such value asks for none.
    alone = [{"id": context.pk, "features": ["next_hour"]}, {"id": said.pk}]
    assert services.define_service(**by, name="apart", views=[], on_demand=alone).number == 1


def test_names_that_differ_in_large_letters_alone_are_one(by, view, define, carrier, ingested):
    """The lake holds them for one column, so that no training set could be made of the two."""
    rows = ingested("loud.csv", stage.DELAYS)
    sql = stage.SQL.replace("recent_delay", "Recent_Delay")
    loud = define.view(carrier, "loud", sql, event_time="moment", delays=rows)
    with pytest.raises(DefinitionRefused, match="comes from carrier_delay v1, loud v1"):
        services.define_service(**by, name="both", views=[{"view": view.pk}, {"view": loud.pk}])


def test_what_is_made_of_masked_values_is_hidden(service, view, viewer, project, monkeypatch):
    from apps.features.selectors import masking, on_demand
    from apps.features.services.online import planning

    masks = {"recent_delay": masking.datasets.hidden}
    monkeypatch.setattr(on_demand, "masks_of_view", lambda _actor, _view: masks)
    plan = planning.online_plan(actor=viewer, asked={"project": project.slug, "service": "trips"})
    (row,) = services.read_plan(plan, ENTITIES[:1], requests=GIVEN[:1], tenant_id=project.tenant_id, now=clock.now())
    assert (row["features"]["late_each"], row["features"]["next_hour"]) == (HIDDEN, 23.0)


def test_a_training_set_of_the_service_takes_them(service, by, view, ingested, define, run_jobs, client_as, scientist):
    data = b"carrier,moment,booked,seats,late\nAA,2013-01-12 10:00:00,2013-01-01 05:00:00,5,1\n"
    base = ingested("trips.csv", data)
    part = {"view": view.pk, "features": None}
    whole = services.define_service(
        **by, name="trips", views=[part], on_demand=[{"id": service.on_demand[0]["id"], "features": ["late_each"]}]
    )
    row = define.training_set(base, "trips", event_time="moment", features=[], service_id=whole.pk)
    assert [(one["id"], one["features"]) for one in row.on_demand] == [(service.on_demand[0]["id"], ["late_each"])]
    run_jobs()
    row.refresh_from_db()
    assert row.state == BuildState.READY, row.failure
    assert {"recent_delay", "late_each"} <= {column["name"] for column in row.columns}
    assert TrainingSet.objects.get().service == whole


def test_the_form_offers_them_and_the_page_shows_them(service, context, project, scientist, client_as):
    client = client_as(scientist)
    root = "/t/acme/p/flights/features"
    address = f"{root}/services/new/"
    page = client.get(address)
    assert page.status_code == 200 and "On-demand features" in page.content.decode()
    here = context.pk.hex
    sent = {"name": "alone", f"use_{here}": "on", f"take_{here}": ["next_hour"]}
    assert client.post(address, sent).status_code in {302, 303, 204, 200}
    made = FeatureService.objects.get(name="alone")
    assert (made.feature_names, made.views) == (["next_hour"], [])
    shown = client.get(f"{root}/services/{made.pk}/").content.decode()
    assert "context v1" in shown and "next_hour" in shown
    assert selectors.on_demand_of_service(actor=scientist, service=made) == [(context, ["next_hour"])]


def test_the_next_version_of_a_view_is_watched_as_the_one_before(view, carrier, define, ingested, scientist):
    services.promise_freshness(actor=scientist, view_id=view.pk, seconds=3600)
    services.watch_skew(actor=scientist, view_id=view.pk, share=0.5, limit=0.25)
    again = define.view(carrier, view.name, stage.SQL, event_time="moment", delays=ingested("more.csv", stage.DELAYS))
    assert (again.number, again.freshness_seconds, again.skew_share, again.skew_limit) == (2, 3600, 0.5, 0.25)
    services.promise_freshness(actor=scientist, view_id=again.pk, seconds=None)
    assert acts_on("feature_view", again)[-1] == done_by(scientist, "feature_view.freshness_released")
