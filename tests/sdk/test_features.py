"""Features on the command line: a file planned, applied and written back; services and marks."""

from __future__ import annotations

import json
import re

import pytest

from foundation.tenancy import find_tenant, scope

FILE = "entities:\n  airport:\n    join_keys: {airport: text}\n    description: Where it flies from.\n"


@pytest.fixture
def run(sanad):
    def words(*given, code=0, **more):
        ended, answered, said = sanad(*given, **more)
        assert ended == code, said
        return answered if not code else said

    return words


@pytest.fixture
def view(portal, tokens):
    """A version of a view as a row alone; gone after the test, whose rows are committed."""
    from apps.features.models import Entity, FeatureService, FeatureView
    from apps.projects.models import Project

    tenant = find_tenant("acme")
    with scope(tenant.pk):
        inside = {"tenant": tenant, "project": Project.objects.get(slug="flights")}
        entity = Entity.objects.create(**inside, name="carrier", join_keys=["carrier"])
        told = {"event_time": "at", "features": [{"name": "delay", "type": "DOUBLE"}], "state": "ready"}
        view = FeatureView.objects.create(**inside, entity=entity, name="delays", number=1, **told)
    yield view
    with scope(tenant.pk):
        FeatureService.objects.all().delete()
        FeatureView.objects.all().delete()
        Entity.objects.all().delete()


def test_a_file_is_planned_applied_and_written_back(run, view, tmp_path):
    file = tmp_path / "features.yaml"
    file.write_text(FILE)
    ended = run("features", "plan", str(file))
    assert "+ entities airport: new" in ended and "views delays: not in the file, stays" in ended
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
        run("feature-service", "define", "late", "--view", "delays:delay", "--description", "x", "--json")
    )
    assert made["views"] == [{"view": str(view.pk), "features": ["delay"]}]
    second = json.loads(run("feature-service", "define", "late", "--view", "delays", "--json"))
    assert (second["number"], "late" in run("feature-service", "list")) == (2, True)
    run("feature-service", "deprecate", made["id"], "Old", "--instead", second["id"])
    assert json.loads(run("feature-service", "show", made["id"], "--json"))["deprecated_because"] == "Old"
    run("feature-service", "restore", made["id"])
    run("feature-service", "remove", made["id"])
    changed = json.loads(run("features", "edit", "delays", "--description", "How late", "--tag", "late", "--json"))
    assert (changed["description"], changed["tags"]) == ("How late", ["late"])
    marked = json.loads(run("features", "deprecate", "delays", "Old", "--json"))
    assert marked["deprecated_because"] == "Old"
    assert json.loads(run("features", "restore", "delays", "--json"))["deprecated_at"] is None
    refused = run("features", "remove", "delays", "delays v1", role="admin", code=1)
    assert "part of feature services: late v2" in refused
    assert "You may not destroy" in run("features", "remove", "delays", "delays v1", code=4)
