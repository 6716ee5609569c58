"""The feature pages: define with a preview, prove, look up; errors at the fields; refusals in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from apps.features import selectors, services
from apps.features.choices import BuildState
from apps.features.models import FeatureView
from tests.apps.features.stage import DELAYS, FLIGHTS

FEATURES = "/t/acme/p/flights/features/"
VIEW = {
    "sql": "SELECT carrier, moment, delay AS recent_delay FROM delayscsv",
    "name": "carrier_delay",
    "entity": "",
    "new_entity": "carrier",
    "join_keys": "carrier",
    "event_time": "moment",
    "created_column": "",
    "ttl": "2",
    "ttl_unit": "days",
    "description": "How late the carrier was",
}


def page(client, path="", **query):
    answer = client.get(FEATURES + path, query)
    assert answer.status_code == 200, answer.content.decode()[-2000:]
    return answer.content.decode()


@pytest.fixture
def client(client_as, scientist):
    return client_as(scientist)


@pytest.fixture
def view(client, ingested, scientist, run_jobs):
    ingested("delays.csv", DELAYS)
    made = client.post(FEATURES + "views/new/", {**VIEW, "act": "create"})
    assert made.status_code == 303, made.context["form"].errors
    run_jobs()
    view = selectors.visible_views(actor=scientist).get()
    assert view.state == BuildState.READY, view.failure
    return view


def test_without_data_the_next_step_is_data_and_then_a_view(client, project, ingested):
    assert "Data comes first" in page(client)
    ingested("delays.csv", DELAYS)
    text = page(client)
    assert "No feature views yet" in text
    assert "project=&quot;flights&quot;" in text
    assert "SELECT carrier, moment, delay FROM delayscsv" in text
    sets = page(client, show="sets")
    assert "No training sets yet" in sets
    assert "base_version=table, label=&quot;delay&quot;, event_time=&quot;moment&quot;" in sets
    assert "weather" not in text and "time_hour" not in sets


def test_the_help_of_the_sql_agrees_with_what_stands_below_it(client, ingested):
    ingested("delays.csv", DELAYS)
    text = page(client, "views/new/")
    assert "over datasets of this project and the versions named below" in text
    assert "reads only" not in text


def test_sql_is_tried_before_anything_else_is_said(client, ingested):
    ingested("delays.csv", DELAYS)

    sample = client.post(FEATURES + "views/new/", {"sql": VIEW["sql"], "act": "preview"})

    assert sample.status_code == 200
    assert "The first 3 rows" in sample.content.decode()
    assert not sample.context["form"].errors


def test_a_preview_says_which_rows_computing_would_refuse(client, ingested):
    ingested("delays.csv", b"carrier,moment,delay\nAA,,5\n" + b"x" * 1001 + b",2013-01-02 09:00:00,7\n")
    shown = client.post(FEATURES + "views/new/", {**VIEW, "act": "preview"})
    assert shown.status_code == 200
    first, second = shown.context["warnings"]
    assert first == "Some rows have no “moment”; computing refuses them. Leave them out with a WHERE in the SQL."
    assert second.startswith("Some rows have a key of more than 1000 bytes in “carrier”; computing refuses them.")
    assert "computing refuses them" in shown.content.decode()


def test_each_mistake_is_said_at_its_field(client, ingested, scientist):
    ingested("delays.csv", DELAYS)

    def wrong(**words):
        answer = client.post(FEATURES + "views/new/", {**VIEW, **words, "act": "create"})
        assert answer.status_code == 422
        return {name: sentences[0] for name, sentences in answer.context["form"].errors.items()}

    assert "gives: carrier" in wrong(event_time="when")["event_time"]
    assert "not a name for SQL" in wrong(name="Carrier delay")["name"]
    assert "not a name for SQL" in wrong(new_entity="Carrier!")["new_entity"]
    assert "join key" in wrong(join_keys="")["join_keys"]
    assert "greater than or equal to 1" in wrong(ttl="0")["ttl"]
    assert "new_entity" in wrong(new_entity="")
    assert "sql" in wrong(sql="SELECT nothing FROM delayscsv")
    assert not selectors.visible_entities(actor=scientist).exists()


def test_the_fields_for_columns_offer_those_of_the_versions_and_then_those_of_the_preview(client, ingested):
    version = ingested("delays.csv", DELAYS)

    def names(act, **words):
        answer = client.post(FEATURES + "views/new/", {**VIEW, **words, "act": act})
        offered = answer.context["columns"]
        assert f'<option value="{offered["all"][0]["name"]}">' in answer.content.decode()
        return [one["name"] for one in offered["all"]], [one["name"] for one in offered["times"]], offered["kept"]

    here = {"alias_0": "delays", "version_0": str(version.pk)}
    assert names("columns", **here)[:2] == (["carrier", "moment", "delay"], ["moment"])
    seen = names("preview")
    assert seen[:2] == (["carrier", "moment", "recent_delay"], ["moment"])
    # A round without a preview keeps what the one before it has offered; what is typed into it is no offer.
    assert names("create", name="Carrier delay", columns=seen[2]) == seen
    assert names("similar", columns="[1, {", **here)[0] == ["carrier", "moment", "delay"]


def test_a_new_entity_says_what_its_keys_hold_by_the_rules_of_the_service(client, ingested, scientist):
    ingested("delays.csv", DELAYS)

    def made(**words):
        return client.post(FEATURES + "views/new/", {**VIEW, **words, "act": "create"})

    some = made(join_keys_1="moment", key_type="text")
    assert "Give each join key a type" in some.context["form"].errors["key_type"][0]
    assert "a whole number in the entity" in str(made(key_type="whole number").context["form"].errors)
    assert made(key_type="text").status_code == 303
    assert selectors.visible_entities(actor=scientist).get().key_types == {"carrier": "text"}


def test_an_entity_without_types_is_told_them_once_on_its_page(client, project, scientist):
    entity = services.define_entity(actor=scientist, project=project, name="route", join_keys=["origin", "dest"])
    edit = f"{FEATURES}entities/{entity.pk}/edit/"
    assert "Type of origin" in client.get(edit).content.decode()
    half = client.post(edit, {"key_type_0": "text"})
    assert "Give each join key a type" in str(half.context["form"].errors)
    assert client.post(edit, {"key_type_0": "text", "key_type_1": "whole number"}).status_code == 303
    entity.refresh_from_db()
    assert entity.key_types == {"origin": "text", "dest": "whole number"}
    assert "Type of origin" not in client.get(edit).content.decode()


def test_a_view_shows_its_features_rows_and_one_key_online(client, view):
    text = page(client, f"views/{view.pk}/")
    assert "the newest values of 2 keys were materialised" in text
    assert "recent_delay" in text
    for tab in ("definition", "rows", "online", "lineage", "activity"):
        page(client, f"views/{view.pk}/", tab=tab)
    assert "50" in page(client, f"views/{view.pk}/", tab="online", key0="AA")
    assert "no value online" in page(client, f"views/{view.pk}/", tab="online", key0="ZZ")
    chart = client.get(f"{FEATURES}views/{view.pk}/chart.json", {"feature": "0"}).json()
    assert sum(y is not None for y in chart["data"][1]["y"]) == 3
    assert "computed 3 rows" in page(client, f"views/{view.pk}/", tab="activity")
    assert "recent_delay" in page(client, show="views", q="recent_d")
    assert "Nothing matches" in page(client, show="views", q="zebra")
    again = client.get(FEATURES + "views/new/", {"from": str(view.pk)})
    assert again.context["form"]["ttl"].value() == 2
    assert "delayscsv" in again.content.decode()
    dataset_version = next(iter(view.inputs.values()))
    lineage = client.get(f"/t/acme/p/flights/data/versions/{dataset_version}/", {"tab": "lineage"}).content.decode()
    assert "carrier_delay v1" in lineage


def test_a_training_set_is_made_by_a_form_and_shows_its_proof(client, view, ingested, scientist, run_jobs):
    flights = ingested("flights.csv", FLIGHTS)
    where, here = f"{FEATURES}training-sets/new/?base={flights.pk}", view.pk.hex
    assert "Made from" in page(client, "training-sets/new/")
    assert "Column that holds carrier" in client.get(where).content.decode()
    words = {
        "name": "late",
        "label": "late",
        "event_time": "moment",
        "window_start": "2013-01-02",
        "window_end": "2013-01-20",
        "features": ["carrier", "moment", "late"],
        f"use_{here}": "on",
        f"key_{here}_0": "carrier",
        f"take_{here}": ["recent_delay"],
    }
    refused = client.post(where, {**words, "event_time": ""})
    assert refused.status_code == 422
    assert "event_time" in refused.context["form"].errors

    made = client.post(where, words)
    assert made.status_code == 303, made.context["form"].errors
    path = made["Location"].removeprefix(FEATURES)
    assert "being joined" in page(client, path)
    run_jobs()

    row = selectors.visible_training_sets(actor=scientist).get()
    assert (row.row_count, row.base_features) == (36, ["carrier"])
    assert row.window_start == datetime(2013, 1, 2, tzinfo=UTC)
    text = page(client, path)
    assert "Proven on 36 rows: 0 values are younger than their label" in text
    assert "A second method" in text
    assert "2 days" in text
    for tab in ("columns", "rows", "lineage", "activity"):
        page(client, path, tab=tab)
    assert "s-heat-4" in page(client, path, tab="missing")
    assert "late" in page(client, show="sets")


def test_what_names_every_row_is_offered_but_not_preselected(client, ingested):
    rows = "".join(f"b-{n},{n % 3},{n % 2}\n" for n in range(40))
    base = ingested("wine.csv", f"bottle,acid,kind\n{rows}".encode())
    answer = client.get(f"{FEATURES}training-sets/new/?base={base.pk}")

    assert answer.context["form"]["name"].value() == "winecsv"
    assert answer.context["form"]["features"].value() == ["acid", "kind"]
    assert "bottle (looks like an identifier: every row has its own)" in answer.content.decode()


def test_a_training_set_without_time_says_so(client, ingested, scientist, project, run_jobs):
    flights = ingested("flights.csv", FLIGHTS)
    row = services.define_training_set(
        actor=scientist, project=project, name="plain", base_version_id=flights.pk, label="late", features=["carrier"]
    )
    run_jobs()

    assert "without an event time" in page(client, f"training-sets/{row.pk}/")
    assert "Nothing is missing" in page(client, f"training-sets/{row.pk}/", tab="missing")


def test_the_next_version_begins_with_a_time_to_live_of_any_length(client, ingested):
    """Also with one that a program has given, of so many seconds."""
    ingested("delays.csv", DELAYS)
    about = {}
    for seconds, typed in ((90, ("90", "seconds")), (3700, ("3700", "seconds")), (172_800, ("2", "days"))):
        said = {**VIEW, **about, "ttl": seconds, "ttl_unit": "seconds", "act": "create"}
        assert client.post(FEATURES + "views/new/", said).status_code == 303
        view = FeatureView.objects.order_by("-number").first()
        assert view.ttl_seconds == seconds
        form = client.get(FEATURES + "views/new/", {"from": view.pk}).context["form"]
        assert (str(form["ttl"].value()), form["ttl_unit"].value()) == typed
        about = {"entity": str(view.entity_id), "new_entity": "", "join_keys": ""}


def test_a_failed_view_says_why_and_offers_to_mend_it(client, ingested, run_jobs, scientist):
    ingested("delays.csv", b"carrier,moment,delay\nAA,2013-01-01 09:00:00,5\n,2013-01-02 09:00:00,6\n")
    made = client.post(FEATURES + "views/new/", {**VIEW, "act": "create"})
    run_jobs()

    text = page(client, made["Location"].removeprefix(FEATURES))

    assert "1 of 2 rows have no" in text
    assert "Mend the definition" in text
    assert "could not be computed" in page(client)


def test_viewers_look_but_define_nothing(client_as, viewer, ingested):
    ingested("delays.csv", DELAYS)
    client = client_as(viewer)

    assert "feature.define" in page(client)
    assert client.get(FEATURES + "views/new/").status_code == 403
    assert client.post(FEATURES + "training-sets/new/").status_code == 403


def test_another_tenant_and_another_project_find_nothing(client, client_as, other_scientist, scientist, view):
    from apps.projects import services as projects

    projects.create_project(actor=scientist, slug="else", name="Else", purpose="Other")

    assert client.get(f"/t/acme/p/else/features/views/{view.pk}/").status_code == 404
    assert client_as(other_scientist).get(f"{FEATURES}views/{view.pk}/").status_code == 404
