"""A run and its model on both engines: train on real flights, log to a real MLflow, sign, serve, predict."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from foundation.engines import Mount, WorkloadSpec, WorkloadState
from runtime.failures import read_failure
from tests.contracts.engine_portal import TOKEN, MlflowServer, Portal
from tests.contracts.engine_stage import PREFIX, ended, home, log, make, until
from tests.runtime import tables
from tests.runtime.serving import UnixConnection, sign

__all__ = ["home", "make"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = MlflowServer(tmp_path_factory.mktemp("mlflow"), port)
    yield server
    server.stop()


@pytest.fixture
def portal(home, mlflow):
    """Opens a portal with one run, and gives the environment of the workload that executes it."""
    from mlflow.tracking import MlflowClient

    (home / "run" / "door").mkdir()
    opened = []

    def open_with(document, table):
        server = Portal(home / "run" / "door" / "door.sock", mlflow, document, table)
        opened.append(server)
        run = MlflowClient(f"http://127.0.0.1:{mlflow.port}").create_run("0")
        return {
            "SANAD_URL": "{portal}",
            "SANAD_TOKEN": TOKEN,
            "SANAD_RUN_ID": "r1",
            "MLFLOW_TRACKING_URI": "{portal}/mlflow",
            "MLFLOW_TRACKING_TOKEN": TOKEN,
            "MLFLOW_RUN_ID": run.info.run_id,
            "MLFLOW_EXPERIMENT_ID": "0",
        }

    yield open_with
    for server in opened:
        server.shutdown()
        server.server_close()


def task(env, name):
    return WorkloadSpec(name=f"{PREFIX}{name}", kind="task", module="runtime.train", env=env, memory_mb=3000)


@pytest.mark.parametrize("recipe", ["hist_gradient_boosting", "torch_mlp"])
def test_a_run_trains_is_tracked_and_its_model_answers(recipe, make, home, portal, mlflow):
    from mlflow.tracking import MlflowClient

    engine = make()
    params = {"max_iter": 30} if recipe == "hist_gradient_boosting" else {"max_epochs": 2}
    env = portal(tables.flight_document(recipe=recipe, params=params), tables.flights())
    workload = task(env, recipe.replace("_", "-"))
    engine.start(workload)
    status = ended(engine, workload)
    assert status.state is WorkloadState.SUCCEEDED, log(engine, workload)

    client = MlflowClient(f"http://127.0.0.1:{mlflow.port}")
    run = client.get_run(env["MLFLOW_RUN_ID"])
    assert run.data.metrics["slice_july_roc_auc"] > 0.55
    assert run.data.params["recipe"] == recipe
    curve = client.get_metric_history(run.info.run_id, "validation_loss")
    assert [point.step for point in curve] == list(range(1, len(curve) + 1))

    fetched = Path(client.download_artifacts(run.info.run_id, "model", str(home)))
    (home / "signed").mkdir()
    sign(fetched, home / "signed")
    assert answer_of(engine, home / "signed", f"{PREFIX}serve-{recipe.replace('_', '-')}")["predictions"] in (
        [True],
        [False],
    )


def answer_of(engine, signed, name):
    """Serve a signed model on the engine and ask it once."""
    schema = json.loads((signed / "model/sanad/schema.json").read_text())
    row = [feature["categories"][0] if feature["type"] == "category" else None for feature in schema["features"]]
    service = WorkloadSpec(
        name=name,
        kind="service",
        module="runtime.serve",
        env={
            "SANAD_MODEL_DIR": "/model",
            "SANAD_MODEL_NAME": "m",
            "SANAD_MODEL_VERSION": "1",
            "SANAD_SIGNING_PUBLIC_KEY": "/keys/public.pem",
        },
        mounts=(Mount(signed / "model", "/model"), Mount(signed / "public.pem", "/keys/public.pem")),
    )
    engine.start(service)
    path = engine.status(service.name).address.removeprefix("unix:")

    def ask():
        assert not engine.status(service.name).state.is_final, log(engine, service)
        connection = UnixConnection(path)
        try:
            body = json.dumps({"instances": [row]})
            connection.request("POST", "/invocations", body, {"content-type": "application/json"})
            return json.loads(connection.getresponse().read())
        except OSError:
            return None
        finally:
            connection.close()

    return until(ask)


def test_a_run_that_cannot_learn_ends_with_its_sentence(make, portal):
    engine = make()
    table = tables.breast_cancer()
    constant = table.set_column(table.column_names.index("target"), "target", [[1] * table.num_rows])
    workload = task(portal(tables.spec_document(constant), constant), "constant")
    engine.start(workload)
    status = ended(engine, workload)
    assert (status.state, status.exit_code) == (WorkloadState.FAILED, 1)
    assert read_failure(log(engine, workload)).startswith("The target 'target' is constant: all 569 rows say 1.")


def test_a_run_without_the_right_token_says_what_the_portal_answered(make, portal):
    engine = make()
    env = portal(tables.flight_document(), tables.flights()) | {"SANAD_TOKEN": "snd_other"}
    workload = task(env, "refused")
    engine.start(workload)
    ended(engine, workload)
    assert "The portal answered 403 when asked for the run's spec." in read_failure(log(engine, workload))
