"""Every tracking server keeps the port's promises."""

from __future__ import annotations

from uuid import uuid4

import httpx2
import pytest

from apps.experiments.adapters.tracking import ensure_workspace, server_of, workspace_of
from foundation.errors import NotFound, Unavailable
from foundation.identity import neighbours
from runtime.service_tokens import HEADER, Caller, pair_keys
from tests.apps.experiments.conftest import mlflow_process, mlflow_server

__all__ = ["mlflow_process", "mlflow_server"]
SEARCHED = ("POST", "/api/2.0/mlflow/experiments/search")


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


@pytest.mark.parametrize("name", ["", "portal", "gateway"])
def test_mlflow_answers_the_portal_alone(mlflow_server, name):
    """Neither without a token, nor with one of another secret, whatever name it gives."""
    signed = Caller(name, "mlflow", pair_keys(["x" * 64], name, "mlflow"))
    shown = {HEADER: signed.for_request(*SEARCHED)} if name else {}
    with at_the_socket(mlflow_server) as bare:
        refused = bare.request(*SEARCHED, json={}, headers={"X-MLFLOW-WORKSPACE": "default", **shown})
    assert refused.status_code == 401
    assert "service" in refused.json()["error"]


def test_what_the_portal_asked_cannot_be_asked_again(mlflow_server):
    made = ("POST", "/api/2.0/mlflow/experiments/create")
    told = {HEADER: neighbours.caller_to("mlflow").for_request(*made), "X-MLFLOW-WORKSPACE": workspace_of(uuid4())}
    ensure_workspace(told["X-MLFLOW-WORKSPACE"])
    with at_the_socket(mlflow_server) as bare:
        assert bare.request(*made, json={"name": "once"}, headers=told).status_code == 200
        assert bare.request(*made, json={"name": "twice"}, headers=told).status_code == 401
        assert bare.get("/health").status_code == 200, "probes have no key"


def at_the_socket(server):
    """Whoever reached MLflow's socket without being the portal."""
    headers = {"Host": "localhost", "X-Forwarded-For": "127.0.0.1"}
    transport = httpx2.HTTPTransport(uds=str(server.socket))
    return httpx2.Client(transport=transport, base_url="http://localhost", headers=headers, timeout=30)
