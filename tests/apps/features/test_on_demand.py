"""On-demand features: defined once, reckoned alike for training, for a request and for values that somebody typed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from apps.datasets.selectors import HIDDEN
from apps.features import selectors, services
from apps.features.choices import BuildState
from apps.features.errors import DefinitionRefused
from foundation import lake
from foundation.errors import AccessDenied, NotFound
from tests.apps.features.shared import *  # noqa: F403
from tests.support.history import acts_on, done_by

REQUEST = {"booked": "moment", "seats": "whole number"}
FEATURES = [
    {"name": "late_each", "expression": "recent_delay / seats"},
    {"name": "early_bird", "expression": "hour(booked, 4) < 15", "type": "BOOLEAN"},
    {"name": "known", "expression": "not is_missing(recent_delay)"},
]
URL = "/api/v1/on-demand-views/"


@pytest.fixture
def by(scientist, project):
    return {"actor": scientist, "project": project}


@pytest.fixture
def uses(view):
    return [{"view": str(view.pk), "features": ["recent_delay"]}]


@pytest.fixture
def on_demand(by, uses):
    return services.define_on_demand(**by, name="context", request=REQUEST, uses=uses, features=FEATURES)


def said(**words):
    return {"request": REQUEST, "features": FEATURES, **words}


def test_a_definition_is_kept_in_versions_with_what_each_feature_is_made_of(by, on_demand, uses, scientist):
    assert [(one["name"], one["type"], one["from"]) for one in on_demand.features] == [
        ("late_each", "DOUBLE", ["seats", "recent_delay"]),
        ("early_bird", "BOOLEAN", ["booked"]),
        ("known", "BOOLEAN", ["recent_delay"]),
    ]
    assert on_demand.uses == uses
    assert on_demand.inputs == {"booked": "moment", "seats": "number", "recent_delay": "number"}
    assert acts_on("on_demand_view", on_demand) == [done_by(scientist, "on_demand_view.defined")]
    other = [{**FEATURES[0], "expression": "recent_delay / max(seats, 1)"}, *FEATURES[1:]]
    again = services.define_on_demand(**by, name="context", request=REQUEST, uses=uses, features=other)
    assert (again.number, again.definition_digest != on_demand.definition_digest) == (2, True)
    newest = selectors.visible_on_demand_views(actor=scientist, newest_only=True)
    assert [view.number for view in newest] == [2]


WRONG = [
    ({"name": "Context"}, "name", "not a name for SQL"),
    ({"features": []}, "features", "no feature yet"),
    ({"features": [*FEATURES, {"name": "a b", "expression": "1"}]}, "features", "not a name for SQL"),
    ({"features": [*FEATURES, FEATURES[0]]}, "features", "late_each.*twice"),
    ({"features": [*FEATURES, {"name": "seats", "expression": "1"}]}, "features", "seats.*twice"),
    ({"features": [{"name": "a", "expression": "seats +"}]}, "features", "“a”, sign 8: this is no expression"),
    ({"features": [{"name": "a", "expression": "1 + nope"}]}, "features", "“a”, sign 5: there is no value “nope”"),
    ({"features": [{"name": "a", "expression": "seats if seats else 1"}]}, "features", "takes true or false here"),
    ({"features": [{"name": "a", "expression": "now()"}]}, "features", "no function “now”"),
    ({"features": [{"name": "a", "expression": "(1).real"}]}, "features", "“Attribute” is not in the language"),
    ({"features": [{**FEATURES[1], "type": "DOUBLE"}]}, "features", "declared as DOUBLE.*gives BOOLEAN"),
    ({"features": FEATURES[:1]}, "features", "No expression names “booked”"),
    ({"features": FEATURES * 40}, "features", "more than 100"),
    ({"request": {**REQUEST, "a b": "number"}}, "request", "no name for an expression"),
    ({"request": {**REQUEST, "class": "number"}}, "request", "no name for an expression"),
    ({"request": {**REQUEST, "x": "blob"}}, "request", "no type “blob”"),
    ({"request": {**REQUEST, "recent_delay": "number"}}, "request", "both a value of the request and a feature"),
    ({"uses": ["twice"]}, "uses", "there twice"),
    ({"uses": ["other"]}, "uses", "has no feature “other”"),
    ({"tags": ["x" * 41]}, "tags", "At most 20 tags"),
]


def test_a_definition_that_cannot_be_right_is_refused_at_its_field(by, uses):
    for words, field, sentence in WRONG:
        if given := words.get("uses"):
            part = {**uses[0], "features": ["other"] if given == ["other"] else None}
            words = {**words, "uses": [part, part] if given == ["twice"] else [part]}
        with pytest.raises(DefinitionRefused, match=sentence) as refusal:
            services.define_on_demand(**by, **{"name": "context", "uses": uses, **said(), **words})
        assert list(refusal.value.fields) == [field], sentence


def test_no_more_of_a_view_is_used_than_expressions_name(by, view):
    """And what they name is of a type that they know."""
    view.features = [*view.features, {"name": "tags", "type": "VARCHAR[]"}, {"name": "other", "type": "BIGINT"}]
    view.save()
    uses = [{"view": str(view.pk), "features": None}]
    one = services.define_on_demand(**by, name="x", uses=uses, features=[{"name": "a", "expression": "other + 1"}])
    assert (one.uses, one.inputs) == ([{"view": str(view.pk), "features": ["other"]}], {"other": "number"})
    two = services.define_on_demand(**by, name="y", uses=uses, features=[{"name": "a", "expression": "1 + 1"}])
    assert (two.uses, two.inputs) == ([], {})
    with pytest.raises(DefinitionRefused, match=r"“tags” is of type VARCHAR\[\], which expressions do not know"):
        services.define_on_demand(**by, name="z", uses=uses, features=[{"name": "a", "expression": "length(tags)"}])


def test_only_views_of_the_project_that_can_be_read_and_only_by_those_who_define(
    by, uses, viewer, project, other_scientist, scientist
):
    with pytest.raises(NotFound):
        services.define_on_demand(**by, name="x", uses=[{"view": str(uuid4())}], features=FEATURES)
    with pytest.raises(AccessDenied):
        services.define_on_demand(actor=viewer, project=project, name="x", uses=uses, **said())
    with pytest.raises(AccessDenied):
        services.try_definition(actor=viewer, project=project, uses=uses, rows=[{}], **said())
    from apps.projects import services as projects

    there = projects.create_project(actor=scientist, slug="else", name="Else", purpose="Other")
    with pytest.raises(DefinitionRefused, match="belongs to another project"):
        services.define_on_demand(actor=scientist, project=there, name="x", uses=uses, **said())
    view = selectors.get_view(actor=scientist, view_id=uses[0]["view"])
    view.state = BuildState.FAILED
    view.save()
    with pytest.raises(DefinitionRefused, match="is Failed, so nothing can be reckoned"):
        services.define_on_demand(**by, name="x", uses=uses, **said())


def test_it_is_tried_and_asked_over_rest(api_as, scientist, viewer, other_scientist, uses):
    def post(path, body, who=scientist, status=200):
        answer = api_as(who).post(URL + path, json.dumps(body), content_type="application/json")
        assert answer.status_code == status, answer.content
        return answer.json()

    body = {"project": "flights", "uses": uses, "request": REQUEST, "features": FEATURES}
    row = {"booked": "2024-01-01T10:00:00", "seats": 2, "recent_delay": 5}
    made = {"late_each": 2.5, "early_bird": True, "known": True}
    nothing = {"late_each": None, "early_bird": None, "known": False}
    assert post("try/", {**body, "rows": [row, {}]})["results"] == [made, nothing]
    view = post("", {**body, "name": "context"}, status=201)
    for words, sentence in (
        ({"seats": 2.5}, "“seats” has to be a whole number"),
        ({"seats": "2"}, "“seats” has to be a whole number"),
        ({"booked": "soon"}, "“booked” has to be a moment"),
        ({"bookd": None}, "no value “bookd”"),
    ):
        refused = post(f"{view['id']}/try/", {"rows": [{**row, **words}]}, status=422)
        assert sentence in refused["detail"]
    assert post(f"{view['id']}/try/", {"rows": [row]}, viewer)["results"] == [made]

    asked = {"booked": "2024-01-01T12:00:00Z", "seats": 0}
    rows = [
        {"entity": {"carrier": "AA"}, "request": {**asked, "seats": 4}},
        {"entity": {"carrier": "ZZ"}, "request": asked},
    ]
    first, second = post(f"{view['id']}/online/", {"rows": rows})["results"]
    assert (first["features"], first["used"], first["missing"]) == (
        {"late_each": 12.5, "early_bird": False, "known": True},
        {"recent_delay": 50},
        [],
    )
    assert (second["features"]["late_each"], second["missing"]) == (None, ["carrier_delay v1"])
    lacks = [{"entity": {"carrier": "AA"}, "request": {"seats": 1}}, {"entity": {"carrier": "AA"}}]
    one, none = post(f"{view['id']}/online/", {"rows": lacks})["results"]
    assert (one["not_given"], one["features"]["early_bird"]) == (["booked"], None)
    assert (none["not_given"], none["features"]["late_each"]) == (["booked", "seats"], None)
    assert first["not_given"] == []
    sly = [{"entity": {"carrier": "AA"}, "request": {**asked, "recent_delay": 1}}]
    assert "no value “recent_delay”" in post(f"{view['id']}/online/", {"rows": sly}, status=422)["detail"]
    assert api_as(scientist).get(URL, {"project": "flights"}).json()["results"][0]["name"] == "context"
    post(f"{view['id']}/online/", {"rows": rows}, other_scientist, status=404)

    path = f"{URL}{view['id']}/"
    words = {"description": "Of a trip", "owner": viewer.user.email, "tags": ["Trips"]}
    changed = api_as(scientist).patch(path, json.dumps(words), content_type="application/json").json()
    assert [changed[name] for name in ("description", "owner", "tags", "number")] == [
        "Of a trip",
        viewer.user.email,
        ["trips"],
        1,
    ]
    assert api_as(viewer).patch(path, json.dumps(words), content_type="application/json").status_code == 403


@pytest.fixture
def training_set(on_demand, view, flights, define, run_jobs):
    words = {"id": on_demand.pk, "request": {"booked": "moment", "seats": "day"}}
    base = define.training_set  # the base has no “seats” and no “day”
    with pytest.raises(DefinitionRefused, match=r"needs “seats”, but the data has no column “day”"):
        base(flights, "set", event_time="moment", views=[{"view": view.pk}], on_demand=[words])
    for given, sentence in (
        ({"id": on_demand.pk, "request": {"booked": "moment", "seats": "late"}}, "is what is to be predicted"),
        ({"id": on_demand.pk, "request": {"booked": "moment", "seats": "carrier"}}, "takes “seats” as whole number"),
        ({"id": on_demand.pk, "features": ["no"]}, "has no feature “no”"),
        ({"id": on_demand.pk, "request": {"no": "day"}}, "asks for no value “no”"),
        ({"id": on_demand.pk, "request": {"booked": "moment"}, "features": ["early_bird", "known"]}, ""),
    ):
        if sentence:
            with pytest.raises(DefinitionRefused, match=sentence):
                base(flights, "set", event_time="moment", views=[{"view": view.pk}], on_demand=[given])
    with pytest.raises(DefinitionRefused, match="made of “recent_delay” of carrier_delay v1"):
        base(flights, "set", event_time="moment", features=["carrier"], on_demand=[{**given, "features": ["known"]}])
    row = base(flights, "set", event_time="moment", views=[{"view": view.pk}], on_demand=[given])
    run_jobs()
    row.refresh_from_db()
    assert row.state == BuildState.READY, row.failure
    return row


def test_a_training_set_has_the_columns_that_a_request_would_have(training_set, on_demand, scientist, run_jobs):
    rows = lake.for_tenant(training_set.tenant_id).read(selectors.training_table(training_set)).read_all().to_pylist()
    assert len(rows) == 56
    for row in rows:
        tried = {"booked": row["moment"], "recent_delay": row["recent_delay"], "seats": 1}
        (found,) = services.try_on_demand(actor=scientist, on_demand_id=on_demand.pk, rows=[tried])
        assert (row["early_bird"], row["known"]) == (found["early_bird"], found["known"])
    assert {row["known"] for row in rows} == {True, False}
    (derived,) = training_set.leakage_proof["derived"]
    assert (derived["rows"], derived["checked"], derived["differences"]) == (56, 56, 0)
    assert (derived["from"], derived["missing"]) == (["moment", "recent_delay"], {"early_bird": 0, "known": 0})
    columns = {one["name"]: (one["role"], one["type"], one["source"]) for one in training_set.columns}
    assert columns["known"] == ("feature", "BOOLEAN", "context v1")
    from foundation.web.chain import chain_of

    chain = chain_of(scientist, "training_set", training_set.pk)
    assert "context v1" in [node.name for node in chain]
    (thing,) = selectors.training_set_things(scientist, [training_set.pk])
    assert thing.sources["known"][0] == (("on_demand_view", on_demand.pk), "known")
    assert dict(selectors.made_on_demand(scientist, [on_demand.pk])) == {
        on_demand.pk: ("training_set", training_set.pk)
    }


def test_a_column_that_only_a_request_value_needs_is_not_kept(by, ingested, define, run_jobs):
    data = ingested("trips.csv", b"km,price,late\n1,2.50,0\n2,7.10,1\n,3.00,1\n4,0.30,0\n")
    view = services.define_on_demand(
        **by,
        name="trip",
        request={"km": "number", "price": "number"},
        features=[{"name": "each", "expression": "price / km"}],
    )
    row = define.training_set(data, "trips", features=["km"], on_demand=[str(view.pk)])
    run_jobs()
    row.refresh_from_db()
    assert row.state == BuildState.READY, row.failure
    rows = lake.for_tenant(row.tenant_id).read(selectors.training_table(row)).read_all().to_pylist()
    assert sorted((one["each"] or -1, one["km"] or -1) for one in rows) == [
        (-1, -1),
        (0.3 / 4, 4),
        (2.5, 1),
        (7.1 / 2, 2),
    ]
    assert sorted(rows[0]) == ["each", "km", "late"]
    assert row.leakage_proof["derived"][0]["missing"] == {"each": 1}


def test_what_is_made_of_masked_values_is_masked(on_demand, training_set, viewer, scientist, view):
    """By the columns that each feature is made of, and not by what it is called."""
    from apps.datasets import services as datasets
    from apps.datasets.selectors import get_version

    assert selectors.masks_of_set(viewer, training_set) == {}
    delays = get_version(actor=scientist, version_id=view.inputs["delays"])
    classes = {"carrier": "public", "moment": "public", "delay": "personal"}
    datasets.classify_columns(actor=scientist, version=delays, classes=classes)
    view.refresh_from_db()

    assert set(selectors.masks_of_set(viewer, training_set)) == {"recent_delay", "known"}
    asked = [{"entity": {"carrier": "AA"}, "request": {"booked": datetime(2024, 1, 1, tzinfo=UTC), "seats": 2}}]
    (found,) = services.read_on_demand(actor=viewer, on_demand_id=on_demand.pk, rows=asked)
    assert found["features"] == {"late_each": HIDDEN, "early_bird": True, "known": HIDDEN}
    assert found["used"] == {"recent_delay": HIDDEN}
