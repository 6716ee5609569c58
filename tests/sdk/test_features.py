"""Features on the command line: a file planned, applied and written back; services and marks."""

from __future__ import annotations

import json
import re

import pytest

from foundation.clock import now
from foundation.tenancy import find_tenant, scope
from sanad.errors import Refused

FILE = "entities:\n  airport:\n    join_keys: {airport: text}\n    description: Where it flies from.\n"


@pytest.fixture
def run(sanad):
    def words(*given, code=0, **more):
        ended, answered, said = sanad(*given, **more)
        assert ended == code, said
        return answered if not code else said

    return words


@pytest.fixture
def taken_back(portal, tokens):
    """What a test makes of the feature store is committed, and gone after it; what was there before stays."""
    from apps.features.models import Entity, FeatureService, FeatureView, OnDemandView
    from apps.tenants.models import BinnedThing

    kinds = (BinnedThing, FeatureService, OnDemandView, FeatureView, Entity)
    tenant = find_tenant("acme")
    with scope(tenant.pk):
        before = {kind: set(kind.objects.values_list("pk", flat=True)) for kind in kinds}
    yield
    with scope(tenant.pk):
        for kind in kinds:
            kind.objects.exclude(pk__in=before[kind]).delete()


@pytest.fixture
def view(taken_back):
    """A version of a view as a row alone."""
    from apps.features.models import Entity, FeatureView
    from apps.projects.models import Project

    tenant = find_tenant("acme")
    with scope(tenant.pk):
        inside = {"tenant": tenant, "project": Project.objects.get(slug="flights")}
        entity = Entity.objects.create(**inside, name="carrier", join_keys=["carrier"])
        told = {"event_time": "at", "features": [{"name": "delay", "type": "DOUBLE"}], "state": "ready"}
        return FeatureView.objects.create(**inside, entity=entity, name="delays", number=1, **told)


SAID = ("--owner", "scientist@acme.test", "--tag", "b", "--tag", "c")


def test_a_file_is_planned_applied_and_written_back(run, view, tmp_path):
    file = tmp_path / "features.yaml"
    file.write_text(FILE)
    ended = run("features", "plan", str(file))
    assert "+ entities airport: new" in ended and "views delays" not in ended
    assert re.search(r"not in the file, and stay as they are: [1-9]\d* \(--all names them\)", ended)
    assert "views delays: not in the file, stays" in run("features", "plan", str(file), "--all")
    plan = json.loads(run("features", "plan", str(file), "--json"))
    assert "~" not in run("features", "apply", str(file), "--plan", plan["digest"])
    assert "not what the plan said" in run("features", "apply", str(file), "--plan", plan["digest"], code=1)
    run("features", "edit-entity", "airport", "--tag", "air", "--owner", "")
    assert "airport" in run("features", "entities")
    run("features", "export", "--to", str(tmp_path / "there.yaml"))
    there = (tmp_path / "there.yaml").read_text()
    assert "tags: [air]" in there and there in run("features", "export")
    file.write_text(there.split("views:")[0].replace("Where it flies from.", "Where it flies from and to."))
    assert re.search(
        r"~ entities airport: described\n    description: .* -> Where it flies from and to\.",
        run("features", "plan", str(file)),
    )
    file.write_text("entitys: {}")
    assert "Line 1: “entitys” is not known. Did you mean “entities”?" in run("features", "plan", str(file), code=1)


def test_services_and_marks_on_the_command_line(run, view):
    made = json.loads(
        run("feature-service", "define", "late", "--view", "delays:delay", "--description", "x", "--tag", "a", "--json")
    )
    assert (made["description"], made["tags"]) == ("x", ["a"])
    assert made["views"] == [{"view": str(view.pk), "features": ["delay"]}]
    second = json.loads(run("feature-service", "define", "late", "--view", "delays", "--json"))
    assert (second["number"], "late" in run("feature-service", "list")) == (2, True)
    edited = json.loads(run("feature-service", "edit", "late v1", "--description", "y", "--tag", "b", "--json"))
    assert (edited["id"], edited["description"], edited["tags"]) == (made["id"], "y", ["b"])
    run("feature-service", "deprecate", made["id"], "Old", "--instead", second["id"])
    assert json.loads(run("feature-service", "show", made["id"], "--json"))["deprecated_because"] == "Old"
    run("feature-service", "restore", made["id"])
    run("feature-service", "remove", made["id"])
    changed = json.loads(run("features", "edit", "delays", "--description", "How late", "--tag", "late", "--json"))
    assert (changed["description"], changed["tags"]) == ("How late", ["late"])
    for said in ("delays v1", "delays@1", "delays@v1", "delays/1"):
        assert json.loads(run("features", "edit", said, "--tag", "late", "--json"))["id"] == str(view.pk)
    assert "no 'delay' among its feature-views. Did you mean 'delays'?" in run("features", "restore", "delay", code=3)
    marked = json.loads(run("features", "deprecate", "delays", "Old", "--json"))
    assert marked["deprecated_because"] == "Old"
    assert json.loads(run("features", "restore", "delays", "--json"))["deprecated_at"] is None
    refused = run("features", "remove", "delays", "delays v1", role="admin", code=1)
    assert "part of feature services: late v2" in refused
    assert "You may not destroy" in run("features", "remove", "delays", "delays v1", code=4)


def test_on_demand_features_are_marked_and_removed_on_the_command_line(run, view, client):
    pair = [json.loads(run("on-demand", "define", "trip", "--feature", f"a={n}", "--json")) for n in (1, 2)]
    marked = json.loads(run("on-demand", "deprecate", "trip v1", "Old", "--instead", "trip", "--json"))
    assert (marked["id"], marked["deprecated_because"]) == (pair[0]["id"], "Old")
    assert marked["deprecated_for"] == pair[1]["id"]
    listed = [json.loads(line) for line in run("on-demand", "list", "--json").splitlines()]
    assert [bool(one["deprecated_at"]) for one in listed] == [False, True]
    assert json.loads(run("on-demand", "restore", "trip v1", "--json"))["deprecated_at"] is None
    assert "Type trip v1 to confirm." in run("on-demand", "remove", "trip v1", "trip", code=1)
    run("feature-service", "define", "trips", "--on-demand", "trip v1")
    assert "part of feature services: trips v1" in run("on-demand", "remove", "trip v1", "trip v1", code=1)
    run("feature-service", "remove", "trips")
    assert json.loads(run("on-demand", "remove", "trip v1", "trip v1", "--json"))["removed_at"]
    assert "has no 'trip v1'" in run("on-demand", "show", "trip v1", code=3)
    assert client.on_demand.get(pair[0]["id"])["removed_at"]
    assert client.on_demand.remove("trip", "trip v2")["removed_at"]
    assert "trip v2" in run("bin", "list")
    run("bin", "restore", "trip v2")
    assert client.on_demand.get("trip v2")["removed_at"] is None


def test_features_are_searched_by_ranges_and_by_skew(run, view):
    from apps.features.models import Feature, FeatureView

    with scope(view.tenant_id):
        words = {"tenant_id": view.tenant_id, "project_id": view.project_id, "view": view, "type": "DOUBLE"}
        pk = Feature.id_of(view.pk, "delay")
        Feature.objects.create(**words, pk=pk, name="delay", place=0, kind="number", mean=-2.5, distinct=7)

    def names(*said):
        listed = run("features", *said, "--json").splitlines()
        return [one["name"] for line in listed for one in (json.loads(line),)]

    inside = ("--mean-from=-3", "--mean-to=-2", "--distinct-from", "7", "--distinct-to", "7", "--skewed", "no")
    assert names("search", "delay", *inside) == ["delay"]
    for outside in (("--mean-from=-2",), ("--mean-to=-3",), ("--distinct-from", "8"), ("--distinct-to", "6")):
        assert names("list", *outside) == [], outside
    assert names("list", "--skewed", "only") == []
    with scope(view.tenant_id):
        FeatureView.objects.filter(pk=view.pk).update(skewed_since=now())
    assert names("list", "--skewed", "only") == ["delay"]
    assert "ends before it begins" in run("features", "list", "--mean-from", "2", "--mean-to", "1", code=1)


def test_skew_is_read_and_watched_from_the_command_line(run, view):
    told = json.loads(run("features", "skew", "delays", "--json"))
    assert (told["compared"], told["features"]) == (0, [{"name": "delay", "different": 0, "gap": None}])
    assert json.loads(run("features", "skew", "delays"))["compared"] == 0
    changed = json.loads(run("features", "watch-skew", "delays", "0.5", "0.25", "--json"))
    assert (changed["id"], changed["skew_share"], changed["skew_limit"]) == (str(view.pk), 0.5, 0.25)
    assert "less than or equal to 1" in run("features", "watch-skew", "delays", "2", "0", code=1)


def test_a_name_alone_is_not_the_version_that_failed(run, view, client):
    from apps.features.models import FeatureView

    tenant = find_tenant("acme")
    with scope(tenant.pk):
        words = {"tenant": tenant, "project_id": view.project_id, "entity": view.entity, "event_time": "at"}
        failed = FeatureView.objects.create(**words, name="delays", number=2, state="failed")
    assert client.features.get("delays")["id"] == str(view.pk)
    assert client.features.get("delays v2")["id"] == str(failed.pk)
    listed = [json.loads(line) for line in run("features", "views", "--json").splitlines()]
    assert {(one["name"], one["number"]) for one in listed} == {("delays", 1), ("delays", 2)}


def test_an_entity_is_defined_with_its_types_and_not_taken_for_another(run, view, client):
    made = json.loads(
        run("features", "entity", "shop", "--key", "shop_id:whole number", "--key", "town:text", *SAID, "--json")
    )
    assert (made["owner"], made["tags"]) == (SAID[1], ["b", "c"])
    assert (made["join_keys"], made["key_types"]) == (["shop_id", "town"], {"shop_id": "whole number", "town": "text"})
    assert json.loads(run("features", "entity", "shop", "--key", "shop_id", "--key", "town", "--json")) == made
    for keys in ({"shop_id": "text", "town": "text"}, ["shop"], ["town", "shop_id"]):
        with pytest.raises(Refused, match=r"already, and its keys are shop_id \(whole number\), town \(text\)"):
            client.features.entity("shop", keys)
    said = run("features", "entity", "mall", "--key", "a:integer", code=1)
    assert "Choose one of: text, whole number, truth, date, moment." in said


def test_what_is_wrong_is_said_once(run, view, client, tmp_path):
    with pytest.raises(Refused, match=r"each says what is wrong\. reason: This field may not be blank\."):
        client.features.deprecate(str(view.pk), "")
    file = tmp_path / "f.yaml"
    file.write_text("views:\n  a: {entity: b, sql: SELECT 1, inputs: {}, event_times: at}\n")
    said = run("features", "apply", str(file), code=1)
    assert said.count("“event_times” is not known") == said.count("“event_time” is missing") == 1
