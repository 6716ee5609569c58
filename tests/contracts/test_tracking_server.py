"""Every tracking server keeps the port's promises."""

from __future__ import annotations

from uuid import uuid4

import pytest

from apps.experiments.adapters.tracking import server_of
from foundation.errors import NotFound, Unavailable
from tests.apps.experiments.conftest import mlflow_process, mlflow_server

__all__ = ["mlflow_process", "mlflow_server"]


@pytest.fixture(params=["mlflow"])
def server(request, mlflow_server):
    return {"mlflow": lambda: server_of(uuid4())}[request.param]()


def test_an_experiment_is_made_once(server):
    assert server.ensure_experiment("late flights") == server.ensure_experiment("late flights")
    assert server.ensure_experiment("late flights") != server.ensure_experiment("early flights")


def test_a_run_is_made_found_and_ended(server):
    experiment = server.ensure_experiment("late flights")
    run_id = server.create_run(experiment, name="run 1", tags={"sanad.run_id": "7"})
    assert int(run_id, 16) >= 0
    assert len(run_id) == 32
    server.end_run(run_id, "FINISHED")
    found = server.get_run(run_id)
    assert found["info"]["status"] == "FINISHED"
    assert {"key": "sanad.run_id", "value": "7"} in found["data"]["tags"]
    runs, following = server.search_runs()
    assert ([run["info"]["run_id"] for run in runs], following) == ([run_id], "")


def test_runs_come_page_by_page(server):
    experiment = server.ensure_experiment("late flights")
    made = {server.create_run(experiment, name=str(number), tags={}) for number in range(3)}
    first, following = server.search_runs(most=2)
    rest, end = server.search_runs(page_token=following, most=2)
    assert {run["info"]["run_id"] for run in [*first, *rest]} == made
    assert (len(first), len(rest), end) == (2, 1, "")


def test_a_project_without_runs_has_none(server):
    assert server.search_runs() == ([], "")


def test_a_run_that_logged_nothing_has_nothing(server):
    run_id = server.create_run(server.ensure_experiment("late flights"), name="run 1", tags={})
    assert server.metric_history(run_id, "loss") == []
    assert server.list_artifacts(run_id) == []
    assert server.size(run_id, "model") == 0
    assert server.digests(run_id, "model") == {}
    with pytest.raises(NotFound):
        server.read_json(run_id, "model/sanad/schema.json")


def test_projects_do_not_see_each_others_runs(server):
    run_id = server.create_run(server.ensure_experiment("late flights"), name="run 1", tags={})
    stranger = server_of(uuid4())
    stranger.ensure_experiment("late flights")
    assert stranger.search_runs() == ([], "")
    with pytest.raises(NotFound):
        stranger.get_run(run_id)


def test_a_server_that_is_away_is_said_so(settings):
    settings.MLFLOW_SOCKET = "/nowhere/mlflow.sock"
    with pytest.raises(Unavailable):
        server_of(uuid4()).get_run("7")
