"""Whose run it is: what a run's own container may write, and what nobody else may."""

from __future__ import annotations

import pytest

from apps.experiments import selectors
from foundation import live
from foundation.errors import AccessDenied, NotFound
from tests.apps.experiments.door import log


def test_a_runs_token_speaks_of_its_own_run_alone(attempt, mine, monkeypatch):
    run, inside = attempt
    told = []
    monkeypatch.setattr(live, "publish", lambda *message: told.append(message[1:3]))
    assert log(inside, run.mlflow_run_id).status_code == 200
    assert told == [(f"run:{run.pk}", "run.metrics")]
    files = f"api/2.0/mlflow-artifacts/artifacts/{run.experiment.mlflow_id}/{run.mlflow_run_id}/artifacts/model/x"
    assert inside.put(files).status_code == 200
    for refused in (
        log(inside, mine.run),
        inside.get("api/2.0/mlflow/runs/get", run_id=mine.run),
        inside.post("api/2.0/mlflow/runs/search", experiment_ids=[mine.experiment]),
        inside.post("api/2.0/mlflow/runs/create", experiment_id=mine.experiment),
        inside.post("api/2.0/mlflow/registered-models/create", name="m"),
        inside.post("api/2.0/mlflow/experiments/create", name="x"),
        inside.put(f"api/2.0/mlflow-artifacts/artifacts/{mine.experiment}/{mine.run}/artifacts/x"),
    ):
        assert (refused.status_code, refused.json()["error_code"]) == (403, "PERMISSION_DENIED")
    assert [found["slug"] for found in inside.client.get("/api/v1/projects/").json()["results"]] == ["flights"]
    assert inside.client.get("/api/v1/datasets/?project=flights").status_code == 403


def test_what_comes_from_an_older_attempt_or_an_ended_run_is_refused(attempt):
    run, inside = attempt
    run.attempt = 2
    run.save()
    answer = log(inside, run.mlflow_run_id)
    assert answer.status_code == 403
    assert "another attempt has taken over" in answer.json()["message"]
    assert inside.client.get(f"/api/v1/runs/{run.pk}/spec/").status_code == 403
    run.attempt, run.state = 1, "succeeded"
    run.save()
    assert log(inside, run.mlflow_run_id).status_code == 403


def test_nobody_else_writes_into_a_run_of_the_portal(attempt, door):
    run, _inside = attempt
    files = f"api/2.0/mlflow-artifacts/artifacts/{run.experiment.mlflow_id}/{run.mlflow_run_id}/artifacts/model/MLmodel"
    for refused in (
        log(door, run.mlflow_run_id),
        door.put(files),
        door.client.delete(door.base + files),
        door.post("api/2.0/mlflow/runs/delete", run_id=run.mlflow_run_id),
        door.post("api/2.0/mlflow/runs/set-tag", run_id=run.mlflow_run_id, key="sanad.run_id", value="x"),
        door.post("api/2.0/mlflow/experiments/delete", experiment_id=run.experiment.mlflow_id),
        door.post(
            "api/2.0/mlflow/logged-models", experiment_id=run.experiment.mlflow_id, source_run_id=run.mlflow_run_id
        ),
    ):
        assert (refused.status_code, refused.json()["error_code"]) == (403, "PERMISSION_DENIED"), refused.content
    assert door.post("api/2.0/mlflow/runs/set-tag", run_id=run.mlflow_run_id, key="note", value="x").status_code == 200
    assert door.get("api/2.0/mlflow/runs/get", run_id=run.mlflow_run_id).status_code == 200


def test_what_clients_logged_has_pages_of_its_own(attempt, door, mine, client_as, scientist):
    run, _inside = attempt
    log(door, mine.run)
    door.put(f"api/2.0/mlflow-artifacts/artifacts/{mine.experiment}/{mine.run}/artifacts/page.html", b"<b>hi</b>")
    reader, base = client_as(scientist), "/t/acme/p/flights/experiments/tracked/"
    listed = reader.get(base).content.decode()
    assert mine.run in listed and run.mlflow_run_id not in listed
    shown = reader.get(f"{base}{mine.run}/").content.decode()
    assert "page.html" in shown and "0.500" in shown
    assert reader.get(f"{base}{run.mlflow_run_id}/")["Location"].endswith(f"/experiments/{run.pk}/")
    file = reader.get(f"{base}{mine.run}/files/page.html")
    assert b"".join(file.streaming_content) == b"<b>hi</b>"
    assert file["Content-Disposition"].startswith("attachment") and file["Content-Security-Policy"] == "sandbox"
    assert reader.get(f"{base}{mine.run}/curves.json").json()["data"][0]["y"] == [0.5]
    assert reader.get(f"{base}{'0' * 32}/").status_code == 404
    assert reader.get(f"/t/acme/p/flights/experiments/{run.pk}/charts/curves.json").json()["data"] == []


def test_what_clients_logged_opens_to_whoever_may_see_its_project_alone(
    mine, theirs, project, scientist, other_scientist
):
    found = {"project": project, "mlflow_run_id": mine.run}
    for asked, more in (
        (selectors.tracked_histories, {}),
        (selectors.list_artifacts, {"path": ""}),
        (selectors.open_artifact, {"path": "page.html"}),
    ):
        with pytest.raises(AccessDenied):
            asked(actor=other_scientist, **found, **more)
        with pytest.raises(NotFound):
            asked(actor=scientist, **{**found, "mlflow_run_id": theirs.run}, **more)
