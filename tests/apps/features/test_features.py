"""Features one by one: noted as the ledger tells, found by what is known of them, each with its page."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.datasets import services as datasets
from apps.datasets.models import DatasetVersion
from apps.features import selectors, services
from apps.features.models import Feature, FeatureView
from foundation.errors import AccessDenied, NotFound
from tests.apps.features.shared import *  # noqa: F403
from tests.apps.features.stage import EVENTS, deliver_events
from tests.apps.features.test_list_plans import rows_sent

FEATURES = "/t/acme/p/flights/features/"
REST = "/api/v1/features/"


def found(client, **query):
    """The names on the list."""
    answer = client.get(FEATURES, query)
    assert answer.status_code == 200, answer.content.decode()[-2000:]
    return [row.record.name for row in answer.context["table"].page.object_list]


@pytest.fixture
def client(client_as, scientist):
    return client_as(scientist)


@pytest.fixture
def feature(view, scientist):
    deliver_events()
    return selectors.visible_features(actor=scientist).get()


def test_a_feature_is_found_by_what_is_known_of_it_once_its_view_is_computed(view, feature, client, tenant):
    assert (feature.name, feature.kind, feature.null_share, feature.distinct) == ("recent_delay", "number", 0, 3)
    assert feature.mean == pytest.approx(62 / 3)
    assert feature.newest_at.isoformat() == "2013-01-10T09:00:00+00:00"
    version = DatasetVersion.objects.get(pk=view.inputs["delays"])
    assert feature.sources == [selectors.source_word(version.dataset_id, "delay")]
    FeatureView.objects.filter(pk=view.pk).update(tags=["gold"])
    whole = [{}, {"q": "recent carrier"}, {"q": "gold"}, {"kind": "number"}, {"missing": "5"}, {"used": "nothing"}]
    whole += [{"entity": "carrier"}, {"tag": "gold"}, {"owner": str(view.created_by)}, {"deprecated": "no"}]
    for query in whole:
        assert found(client, **query) == ["recent_delay"], query
    nothing = [{"q": "recent zebra"}, {"kind": "text"}, {"within": "day"}, {"deprecated": "only"}, {"tag": "silver"}]
    for query in [*nothing, *({"used": use} for use in ("training_set", "run", "model", "deployment"))]:
        assert found(client, **query) == [], query
    for sort in ("null_share", "-mean", "newest_at", "-distinct", "use_count", "view"):
        assert found(client, sort=sort) == ["recent_delay"], sort
    exported = client.get(FEATURES, {"export": "json"})
    assert json.loads(b"".join(exported))[0]["view"] == "carrier_delay v1"


def test_each_tab_of_a_feature_answers(view, feature, client, define, flights, run_jobs):
    define.training_set(flights, "late", event_time="moment", views=[{"view": view.pk, "keys": {}, "features": None}])
    run_jobs()
    deliver_events()
    here = f"{FEATURES}catalogue/{feature.pk}/"
    assert "One training set uses it" in client.get(here).content.decode()
    said = {
        "versions": "v1",
        "use": "late v1",
        "lineage": "delay",
        "similar": "No feature of another view",
        "programs": "client.features.show",
        "activity": "computed 3 rows",
    }
    for tab, words in said.items():
        assert words in client.get(here, {"tab": tab}).content.decode(), tab
    assert sum(client.get(f"{here}spread.json").json()["data"][0]["y"]) == 3
    along = client.get(f"{here}time.json").json()["data"]
    assert [[y for y in quartile["y"] if y is not None] for quartile in along] == [[5, 7, 50]] * 3
    assert found(client, used="training_set") == ["recent_delay"]
    assert found(client, used="nothing") == []


def test_how_its_values_moved_from_version_to_version_is_told_and_of_masked_ones_it_is_not(
    define, carrier, ingested, run_jobs, client, client_as, viewer, scientist
):
    def rows(name, shift, missing=0):
        values = ["" if n < missing else str(n + shift) for n in range(200)]
        lines = [f"c{n % 9},2013-01-{1 + n % 28:02d} 09:00:00,{value}" for n, value in enumerate(values)]
        return ingested(f"{name}.csv", "\n".join(["carrier,moment,delay", *lines]).encode())

    given = (rows("first", 0, missing=20), rows("same", 1, missing=20), rows("other", 90))
    for version in given:
        define.view(carrier, "delays", "SELECT * FROM d", event_time="moment", d=version)
        run_jobs()
    deliver_events()
    feature = Feature.objects.get(name="delay", view__number=3)
    here = f"{FEATURES}catalogue/{feature.pk}/"
    page = client.get(here, {"tab": "versions"})
    told = [(one.feature.view.number, one.tone, one.feature.null_share) for one in page.context["editions"]]
    assert told == [(3, "far", 0), (2, "steady", 0.1), (1, "", 0.1)]
    text = page.content.decode()
    assert "Far from it" in text and "Steady" in text and "10" in text
    first = client.get(f"{FEATURES}catalogue/{Feature.objects.get(name='delay', view__number=1).pk}/")
    assert "A newer version of its view has rows" in first.content.decode()
    for version in given:
        datasets.classify_columns(actor=scientist, version=version, classes={"delay": "personal"})
    seen = client_as(viewer).get(here, {"tab": "versions"}).context["editions"]
    assert [one.moved for one in seen] == [None, None, None]


def test_it_is_described_once_for_every_version_of_its_view(
    view, feature, client, client_as, viewer, scientist, define
):
    here = f"{FEATURES}catalogue/{feature.pk}/"
    saved = client.post(f"{here}describe/", {"description": "Minutes behind the plan"})
    assert saved.status_code == 303
    assert "Minutes behind the plan" in client.get(here).content.decode()
    assert found(client, q="behind plan") == ["recent_delay"]
    assert "said what a feature means" in client.get(here, {"tab": "activity"}).content.decode()
    with pytest.raises(AccessDenied):
        services.describe_feature(actor=viewer, feature=feature, description="No")
    assert client_as(viewer).get(f"{here}describe/").status_code == 403
    version = DatasetVersion.objects.get(pk=view.inputs["delays"])
    again = define.view(view.entity, view.name, view.sql, event_time="moment", delays=version)
    deliver_events()
    rows = selectors.visible_features(actor=scientist, every_version=True).order_by("view__number")
    said = "Minutes behind the plan"
    assert [(row.description, row.current) for row in rows] == [(said, True), (said, False)], "the newest has no rows"
    assert rows[1].pk == selectors.feature_ids(again)["recent_delay"]


def test_of_personal_values_counts_alone_are_kept_and_shown(
    define, ingested_raw, run_jobs, client, client_as, viewer, scientist
):
    events = ingested_raw("events.csv", EVENTS)
    _say(scientist, events, {"spent": "internal"})
    define.view(
        define.entity("person"),
        "spending",
        "SELECT who AS person, seen, spent, note FROM e",
        event_time="seen",
        e=events,
    )
    run_jobs()
    deliver_events()
    spent = Feature.objects.get(name="spent")
    assert spent.mean is not None and not spent.covered
    _say(scientist, events, {"spent": "personal"})
    deliver_events()
    spent.refresh_from_db()
    assert (spent.covered, spent.mean, spent.deviation, spent.null_share) == (True, None, None, 0)
    reader = client_as(viewer)
    page = reader.get(f"{FEATURES}catalogue/{spent.pk}/").content.decode()
    assert "You see its values masked" in page and "Standard deviation" not in page
    assert reader.get(f"{FEATURES}catalogue/{spent.pk}/spread.json").json()["data"] == []
    assert "the values of one feature masked" in reader.get(f"{FEATURES}views/{spent.view_id}/").content.decode()
    told = reader.get(f"{REST}{spent.pk}/").json()
    assert told["personal"] and told["profile"]["mean"] is None and not told["profile"]["quantiles"]
    assert "•••" in reader.get(FEATURES).content.decode()
    same = services.similar_to_sql(
        actor=scientist, project=spent.project, sql="SELECT spent AS zz FROM e", inputs={"e": events.pk}
    )
    assert "values" not in json.dumps([reason for one in same.get("zz", []) for reason in one.likeness.reasons])


def test_a_view_says_the_strictest_class_of_what_each_feature_is_made_of(
    define, ingested_raw, run_jobs, client, api_as, scientist
):
    events = ingested_raw("events.csv", EVENTS)
    _say(scientist, events, {"spent": "sensitive", "note": "public"})
    sql = "SELECT who AS person, seen, spent * length(note) AS mixed, note, 1 AS n"
    view = define.view(define.entity("person"), "spending", sql + " FROM e", event_time="seen", e=events)
    run_jobs()
    told = api_as(scientist).get(f"/api/v1/feature-views/{view.pk}/").json()
    assert told["classes"] == {"mixed": "sensitive", "note": "public", "n": ""}
    page = client.get(f"{FEATURES}views/{view.pk}/")
    assert [one["class"] for one in page.context["features"]] == ["Sensitive", "Public", ""]
    assert '<td class="s-wide-only">Sensitive</td>' in page.content.decode()


def _say(actor, version, classes):
    for column in version.schema:
        said = classes.get(column["name"], column.get("class") or "internal")
        datasets.classify_column(actor=actor, version=version, column=column["name"], column_class=said)


def test_rest_finds_describes_and_compares(view, feature, client, project):
    listed = client.get(REST, {"project": "flights", "q": "delay", "missing": "0"}).json()["results"]
    assert [(one["name"], one["view_name"], one["training_sets"]) for one in listed] == [
        ("recent_delay", "carrier_delay", 0)
    ]
    assert client.get(REST, {"project": "flights", "missing": "much"}).status_code == 422
    assert client.get(REST, {"project": "flights", "used": "model"}).json()["results"] == []
    told = client.get(f"{REST}{feature.pk}/")
    assert told.json()["sources"] == [f"{DatasetVersion.objects.get(pk=view.inputs['delays']).dataset.name}.delay"]
    kept = client.patch(
        f"{REST}{feature.pk}/", {"description": "Late"}, content_type="application/json", HTTP_IF_MATCH=told["ETag"]
    )
    assert kept.json()["description"] == "Late"
    assert client.get(f"{REST}{feature.pk}/similar/").json()["results"] == []
    asked = {
        "project": "flights",
        "sql": "SELECT carrier, moment, delay AS delay_recent, delay AS lag FROM delays",
        "inputs": view.inputs,
        "entity": "carrier",
        "taken": ["carrier", "moment"],
    }
    same = client.post(f"{REST}similar-to-sql/", json.dumps(asked), content_type="application/json").json()["results"]
    assert set(same) == {"delay_recent"}
    assert same["delay_recent"][0]["reasons"][0] == "same_name"
    assert (
        client.post(
            f"{REST}similar-to-sql/", json.dumps({**asked, "view_name": view.name}), content_type="application/json"
        ).json()["results"]
        == {}
    )


def test_the_form_says_what_is_there_already_and_holds_nobody_up(view, feature, client):
    form = {"sql": "SELECT carrier, moment, delay AS recent_delay FROM delayscsv", "act": "similar", "name": "other"}
    page = client.post(FEATURES + "views/new/", form).content.decode()
    assert "Similar features exist" in page
    assert "It has the same name." in page and f"catalogue/{feature.pk}/" in page
    assert (
        "Similar features exist"
        not in client.post(FEATURES + "views/new/", {**form, "name": view.name}).content.decode()
    )


def test_the_forms_of_windows_and_of_on_demand_features_say_so_by_the_names_that_are_typed(
    view, feature, client, client_as, viewer
):
    windows, on_demand, row = FEATURES + "windows/new/", FEATURES + "on-demand/new/", {"function_0": "count"}
    for path, typed, nothing in (
        (windows, {**row, "name_0": "delay_recent", "entity": str(view.entity_id)}, {**row, "name_0": "wind_speed"}),
        (on_demand, {"features": "delayRecent = 1\n= half a line"}, {"features": "wind_speed = 1\n\n="}),
    ):
        assert 'hx-trigger="change from:#define"' in client.get(path).content.decode(), path
        answer = client.post(path, {**typed, "act": "similar"})
        page = answer.content.decode()
        assert answer.status_code == 200 and "Similar features exist" in page, path
        assert f"catalogue/{feature.pk}/" in page and "Names are compared" in page and "is required" not in page, path
        assert "Similar features exist" not in client.post(path, {**nothing, "act": "similar"}).content.decode(), path
        assert client_as(viewer).post(path, {**typed, "act": "similar"}).status_code == 403
    again = {**row, "name_0": "delay_recent", "name": view.name, "act": "similar"}
    assert "Similar features exist" not in client.post(windows, again).content.decode()


def test_another_tenant_and_another_project_find_no_feature(feature, client, client_as, other_scientist, scientist):
    from apps.projects import services as projects

    projects.create_project(actor=scientist, slug="else", name="Else", purpose="Other")
    assert client.get(f"/t/acme/p/else/features/catalogue/{feature.pk}/").status_code == 404
    assert client_as(other_scientist).get(f"{REST}{feature.pk}/").status_code == 404
    with pytest.raises(NotFound):
        selectors.get_feature(actor=other_scientist, feature_id=feature.pk)


def test_ten_thousand_features_are_listed_with_as_many_statements_as_one(view, feature, client, project, tenant):
    one = _statements(client)
    views = [
        FeatureView(
            tenant=tenant,
            project=project,
            entity=view.entity,
            name=f"view_{n:03d}",
            number=1,
            event_time="at",
            state="ready",
        )
        for n in range(100)
    ]
    FeatureView.objects.bulk_create(views)
    Feature.objects.bulk_create(
        Feature(
            tenant=tenant,
            project=project,
            view=views[n % 100],
            name=f"feature_{n:05d}",
            place=n,
            type="DOUBLE",
            kind="number",
            null_share=n / 10_000,
            mean=n,
        )
        for n in range(10_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE features_feature")
    assert _statements(client) == one
    assert found(client, sort="-mean")[0] == "feature_09999"
    assert found(client, missing="0.01", q="feature") == ["feature_00000", "feature_00001"]


def _statements(client):
    found(client)
    with CaptureQueriesContext(connection) as asked:
        found(client)
    of_features = [query["sql"] for query in asked if '"features_feature"' in query["sql"]]
    assert all(rows_sent(statement) <= 25 for statement in of_features)
    return len(asked)
