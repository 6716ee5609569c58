"""What MLflow's door refuses stands on the asker's ledger; what a stock client asks in its daily work does not."""

from __future__ import annotations

import pytest

from tests.apps.experiments.door import Door

AT = "mlflow/:tenant/:project/:path"
TRACKING = "api/2.0/mlflow/"


def told(events):
    return {(event["method"], event["route"], event["status"], event["reason"]) for event in events}


@pytest.fixture
def other(theirs):
    return theirs.project.tenant


def test_an_id_of_another_tenant_in_a_body_or_query(door, mine, theirs, other, tenant, refused_events):
    assert door.get(TRACKING + "runs/get", run_id=theirs.run).status_code == 404
    given = {"run_id": theirs.run, "key": "loss", "value": 1, "timestamp": 1}
    assert door.post(TRACKING + "runs/log-metric", **given).status_code == 404

    assert told(refused_events(tenant)) == {("GET", AT, 404, "not-found")}, "the second is counted in the same window"
    assert refused_events(other) == []


@pytest.mark.parametrize("trick", ["workspaces/{w}/x", "./workspaces/{w}/x", "%2e%2e/{w}/x", "workspaces%2f{w}/x"])
def test_an_artifact_path_of_another_tenant(door, mine, theirs, other, tenant, refused_events, trick):
    path = trick.format(w=theirs.workspace)
    assert door.client.get(f"{door.base}api/2.0/mlflow-artifacts/artifacts/{path}").status_code == 404
    (event,) = refused_events(tenant)
    assert (event["route"], event["status"]) == (AT, 404)
    assert theirs.workspace not in str(event)
    assert refused_events(other) == []


def test_a_source_outside_the_project(door, mine, tenant, refused_events):
    door.post(TRACKING + "registered-models/create", name="m")
    answer = door.post(TRACKING + "model-versions/create", name="m", source="file:///etc", run_id=mine.run)
    assert answer.status_code == 400
    assert told(refused_events(tenant)) == {("POST", AT, 400, "invalid")}


def test_artifacts_that_should_lie_elsewhere(door, tenant, refused_events):
    answer = door.post(TRACKING + "experiments/create", name="far", artifact_location="s3://b/x")
    assert answer.status_code == 400
    assert told(refused_events(tenant)) == {("POST", AT, 400, "invalid")}


def test_another_tenants_door(door, theirs, other, tenant, refused_events):
    assert door.client.get(f"/mlflow/other/loans/{TRACKING}runs/get", {"run_id": theirs.run}).status_code == 404
    assert told(refused_events(tenant)) == {("GET", AT, 404, "not-found")}
    assert refused_events(other) == []


def test_who_may_not_write(door, mine, api_as, viewer, tenant, refused_events):
    reader = Door(api_as(viewer), door.base)
    assert reader.post(TRACKING + "runs/set-tag", run_id=mine.run, key="a", value="b").status_code == 403
    assert told(refused_events(tenant)) == {("POST", AT, 403, "access-denied")}


def test_what_a_client_asks_before_it_makes_something_is_no_refusal(door, mine, tenant, refused_events):
    assert door.get(TRACKING + "experiments/get-by-name", experiment_name="not yet").status_code == 404
    assert door.get(TRACKING + "registered-models/get", name="not-yet").status_code == 404
    assert door.get(TRACKING + "artifacts/list", run_id=mine.run, path="not/yet").status_code == 200
    assert door.get("version").status_code == 404
    assert refused_events(tenant) == []
