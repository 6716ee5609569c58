"""On-demand features and services are found where features are: by names, words, tags, owners, and what they are in."""

from __future__ import annotations

import pytest

from apps.features import selectors, services
from apps.features.choices import BuildState
from apps.features.models import Feature, FeatureView
from foundation.clock import now
from tests.apps.features.stage import deliver_events

FEATURES = "/t/acme/p/flights/features/"
URL = "/api/v1/features/"


@pytest.fixture
def by(scientist, project):
    return {"actor": scientist, "project": project}


@pytest.fixture
def computed(view, by):
    uses = [{"view": str(view.pk), "features": None}]
    one = services.define_on_demand(
        **by,
        name="context",
        uses=uses,
        request={"moment": "moment"},
        features=[
            {"name": "much", "expression": "recent_delay * 2"},
            {"name": "early", "expression": "hour(moment) < 15"},
        ],
        tags=["trips"],
    )
    deliver_events()
    return one


def test_they_are_found_like_those_of_views(computed, view, by, api_as, scientist, client_as):
    service = services.define_service(
        **by, name="late_flights", views=[], on_demand=[{"id": str(computed.pk), "features": ["early"]}]
    )
    api = api_as(scientist)

    def found(**words):
        rows = api.get(URL, {"project": "flights", **words}).json()["results"]
        return {row["name"] for row in rows}

    assert found() == {"recent_delay", "much", "early"}
    for words, names in (
        ({"q": "much"}, {"much"}),
        ({"q": "context"}, {"much", "early"}),
        ({"q": "trips"}, {"much", "early"}),
        ({"q": "late_flights"}, {"early"}),
        ({"q": "late_flights much"}, set()),
        ({"q": "carrier"}, {"recent_delay", "much", "early"} - {"early"}),
        ({"q": scientist.user.name}, {"recent_delay", "much", "early"}),
        ({"tag": "trips"}, {"much", "early"}),
        ({"owner": scientist.user.name}, {"recent_delay", "much", "early"}),
        ({"entity": "carrier"}, {"recent_delay", "much"}),
        ({"made": "asked"}, {"much", "early"}),
        ({"made": "ahead"}, {"recent_delay"}),
        ({"kind": "boolean"}, {"early"}),
        ({"used": "nothing"}, {"recent_delay", "much", "early"}),
        ({"deprecated": "only"}, set()),
    ):
        assert found(**words) == names, words
    row = next(one for one in api.get(URL, {"project": "flights"}).json()["results"] if one["name"] == "much")
    wanted = {"view": None, "on_demand": str(computed.pk), "view_name": "context", "entity": "carrier", "state": None}
    assert {name: row[name] for name in wanted} == wanted
    page = client_as(scientist).get(FEATURES, {"q": "late_flights"}).content.decode()
    assert f"features/services/{service.pk}/" in page
    assert "when asked for" in page
    assert "context v1" in b"".join(client_as(scientist).get(FEATURES, {"export": "csv"})).decode()


def test_the_page_of_one_says_that_what_it_is_made_of_is_compared_and_not_its_results(
    computed, view, scientist, client_as, api_as
):
    client = client_as(scientist)
    pages = {one.name: f"{FEATURES}catalogue/{one.pk}/" for one in Feature.objects.filter(on_demand=computed)}
    much, early = (client.get(pages[name]).content.decode() for name in ("much", "early"))
    assert "Its results are not compared once they are served" in much
    link = f'<a href="{FEATURES}views/{view.pk}/?tab=skew"><bdi>carrier_delay v1</bdi></a>'
    assert link in much and "Skewed" not in much
    assert link not in early and "It is made of no stored value" in early
    FeatureView.objects.filter(pk=view.pk).update(skewed_since=now())
    assert "Skewed" in client.get(pages["much"]).content.decode()
    assert api_as(scientist).get(f"{URL}{Feature.objects.get(name='much').pk}/").json()["skew"] is None


def test_the_page_of_one_tells_what_it_is_and_what_it_gave(
    computed, view, flights, define, by, run_jobs, client_as, scientist, viewer
):
    client, much = client_as(scientist), Feature.objects.get(name="much")
    here = f"{FEATURES}catalogue/{much.pk}/"
    assert "How its values are spread is known once a training set has it" in client.get(here).content.decode()
    assert client.get(f"{here}spread.json").json()["data"] == []
    words = {"id": computed.pk, "features": ["much", "early"]}
    row = define.training_set(
        flights, "late", event_time="moment", features=["carrier"], views=[{"view": view.pk}], on_demand=[words]
    )
    run_jobs()
    deliver_events()
    row.refresh_from_db()
    assert row.state == BuildState.READY, row.failure
    much.refresh_from_db()
    assert (much.used_by, much.use_count, much.null_share) == ([row.pk], 1, 4 / 56)
    for tab, said in (
        ("", "recent_delay * 2"),
        ("versions", "recent_delay * 2"),
        ("use", "no storage"),
        ("use", "late v1"),
        ("lineage", "carrier_delay v1"),
        ("similar", "Similar features"),
        ("programs", "context:much"),
        ("programs", "{&quot;entity&quot;: {&quot;carrier&quot;: &quot;…&quot;}"),
        ("activity", "defined version 1"),
    ):
        assert said in client.get(here, {"tab": tab}).content.decode(), tab
    column = client.get(here).context["column"]
    assert (column["rows"], column["nulls"], column["min"], column["max"]) == (56, 4, 10, 100)
    assert sum(client.get(f"{here}spread.json").json()["data"][0]["y"]) == 52
    along = client.get(f"{here}time.json").json()["data"]
    assert len(along) == 3
    early = Feature.objects.get(name="early")
    spread = client.get(f"{FEATURES}catalogue/{early.pk}/spread.json").json()["data"][0]
    assert spread["y"] == ["true"]
    client.post(f"{here}describe/", {"description": "Twice as much"})
    assert "Twice as much" in client.get(here).content.decode()

    from apps.datasets import services as datasets
    from apps.datasets.selectors import get_version

    delays = get_version(actor=scientist, version_id=view.inputs["delays"])
    classes = {"carrier": "public", "moment": "public", "delay": "personal"}
    datasets.classify_columns(actor=scientist, version=delays, classes=classes)
    deliver_events()
    much.refresh_from_db()
    assert much.covered
    masked = client_as(viewer).get(here)
    assert masked.context["column"]["masked"]
    assert not masked.context["figures"]
    assert client_as(viewer).get(f"{here}spread.json").json()["data"] == []

    uses = [{"view": str(view.pk), "features": None}]
    features = [{"name": "much", "expression": "recent_delay * 3"}]
    services.define_on_demand(**by, name="context", uses=uses, features=features)
    deliver_events()
    current = selectors.visible_features(actor=scientist).filter(name="much").get()
    assert (current.on_demand.number, current.description) == (2, "Twice as much")
    assert "There is a newer version of it" in client.get(here).content.decode()
    assert not selectors.visible_features(actor=scientist).filter(name="early").exists()


def test_along_the_times_of_a_set_rows_without_one_are_left_out(
    computed, view, define, written, run_jobs, client_as, scientist
):
    rows = "".join(
        f"AA,{moment},{n % 2}\n" for n, moment in enumerate(["2013-01-12 10:00:00", "", "2013-01-13 10:00:00"])
    )
    base = written("gaps.csv", f"carrier,moment,late\n{rows}".encode())
    words = {"id": computed.pk, "features": ["much"]}
    define.training_set(base, "gaps", event_time="moment", views=[{"view": view.pk}], on_demand=[words])
    run_jobs()
    deliver_events()
    much = Feature.objects.get(name="much")
    along = client_as(scientist).get(f"{FEATURES}catalogue/{much.pk}/time.json").json()["data"]
    assert [moment[:10] for moment in along[0]["x"]] == ["2013-01-12", "2013-01-13"]
