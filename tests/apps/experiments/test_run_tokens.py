"""The token of a run's container: its own run on the routes that it needs, wherever else its id is written."""

from __future__ import annotations

from apps.experiments.adapters.tracking import server_of

TRACKING, FILES = "api/2.0/mlflow/", "api/2.0/mlflow-artifacts/artifacts"


def body_of(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_a_container_does_all_that_the_client_asks_of_a_run(attempt):
    run, inside = attempt
    own, experiment = run.mlflow_run_id, run.experiment.mlflow_id
    metric = {"key": "loss", "value": 0.5, "timestamp": 1, "step": 1}
    made = inside.post(TRACKING + "logged-models", experiment_id=experiment, name="m", source_run_id=own)
    model = made.json()["model"]["info"]["model_id"]
    file = f"{FILES}/{experiment}/{own}/artifacts/model/100% sure.txt"
    for answer in (
        inside.get(TRACKING + "runs/get", run_id=own),
        inside.get(TRACKING + "runs/get", run_uuid=own, run_id=own),
        inside.post(TRACKING + "runs/update", run_id=own, status="RUNNING"),
        inside.post(TRACKING + "runs/log-batch", run_id=own, metrics=[{**metric, "model_id": model}]),
        inside.post(TRACKING + "runs/log-parameter", run_id=own, key="depth", value="3"),
        inside.post(TRACKING + "runs/set-tag", runId=own, key="note", value="x"),
        inside.post(TRACKING + "runs/outputs", run_id=own, models=[{"model_id": model, "step": 0}]),
        inside.post(TRACKING + f"logged-models/{model}", method="patch", model_id=model, status=2),
        inside.get(TRACKING + f"logged-models/{model}"),
        inside.get(TRACKING + "metrics/get-history", run_id=own, metric_key="loss"),
        inside.put(file, b"sure"),
        inside.put(f"{FILES}/{experiment}/models/{model}/artifacts/MLmodel"),
        inside.get(FILES, path=f"{experiment}/{own}/artifacts/model"),
        inside.get(TRACKING + "artifacts/list", run_id=own, path="model"),
        inside.get("api/3.0/mlflow/server-info"),
    ):
        assert answer.status_code == 200, body_of(answer)
    assert body_of(inside.get(file)) == b"sure"


def about_others(run, mine):
    """What a run may not ask, each time with its own id beside it, where MLflow doesn't look."""
    own, ours = run.mlflow_run_id, run.experiment.mlflow_id
    asked = [
        ("post", "runs/search", {"experiment_ids": [mine.experiment]}),
        ("post", "runs/search", {"experiment_ids": [ours]}),
        ("get", "experiments/search", {"max_results": 10}),
        ("get", "experiments/get", {"experiment_id": mine.experiment}),
        ("post", "experiments/create", {"name": "byrun"}),
        ("post", "experiments/update", {"experiment_id": mine.experiment, "new_name": "gone"}),
        ("post", "experiments/delete", {"experiment_id": mine.experiment}),
        ("post", "experiments/delete", {"experiment_id": ours}),
        ("post", "experiments/set-experiment-tag", {"experiment_id": ours, "key": "a", "value": "b"}),
        ("post", "runs/create", {"experiment_id": mine.experiment}),
        ("post", "runs/create", {"experiment_id": ours}),
        ("post", "runs/delete", {}),
        ("post", "logged-models/search", {"experiment_ids": [mine.experiment]}),
        ("post", "logged-models", {"experiment_id": mine.experiment, "name": "m", "source_run_id": own}),
        ("post", "logged-models", {"experiment_id": ours, "name": "m"}),
        ("get", f"logged-models/{mine.model}", {}),
        ("delete", f"logged-models/{mine.model}", {}),
        ("patch", f"logged-models/{mine.model}/tags", {"tags": [{"key": "a", "value": "b"}]}),
        ("get", "registered-models/search", {"max_results": 10}),
        ("post", "registered-models/create", {"name": "byrun"}),
        ("delete", "registered-models/delete", {"name": "precious"}),
        ("post", "model-versions/create", {"name": "precious", "source": f"runs:/{own}/model"}),
        ("get", "metrics/get-history-bulk-interval", {"run_ids": [own, mine.run], "metric_key": "loss"}),
        ("post", "runs/log-batch", {"metrics": [{"key": "a", "value": 1, "timestamp": 1, "model_id": mine.model}]}),
    ]
    return [(method, TRACKING + path, {"run_id": own, **given}) for method, path, given in asked]


def test_its_own_id_beside_anothers_opens_nothing(door, mine, attempt, project):
    run, inside = attempt
    door.post(TRACKING + "registered-models/create", name="precious")
    for method, path, given in about_others(run, mine):
        answer = inside.get(path, **given) if method == "get" else inside.post(path, method=method, **given)
        assert (answer.status_code, answer.json()["error_code"]) == (403, "PERMISSION_DENIED"), (method, path, given)
    server = server_of(project.pk)
    for experiment in (mine.experiment, run.experiment.mlflow_id):
        assert server.get_experiment(experiment)["lifecycle_stage"] == "active"
    assert door.get(TRACKING + "registered-models/get", name="precious").status_code == 200
    assert door.get(TRACKING + "registered-models/get", name="byrun").status_code == 404


def test_a_model_that_no_run_logged_is_not_a_runs_either(door, mine, attempt):
    run, inside = attempt
    made = door.post(TRACKING + "logged-models", experiment_id=mine.experiment, name="orphan")
    orphan = made.json()["model"]["info"]["model_id"]
    metric = {"key": "a", "value": 1, "timestamp": 1, "model_id": orphan}
    for answer in (
        inside.post(TRACKING + "runs/log-batch", run_id=run.mlflow_run_id, metrics=[metric]),
        inside.get(TRACKING + f"logged-models/{orphan}"),
        inside.put(f"{FILES}/{mine.experiment}/models/{orphan}/artifacts/x"),
    ):
        assert answer.status_code == 403, answer.content


def test_no_file_but_its_own_is_read_however_the_path_is_written(door, mine, attempt):
    run, inside = attempt
    own, theirs = run.mlflow_run_id, f"{mine.experiment}/{mine.run}"
    assert door.put(f"{FILES}/{theirs}/artifacts/secret.txt", b"sesame").status_code == 200
    for folder, status in (("artifacts", 403), ("%61rtifacts", 403), ("%2561rtifacts", 400), ("%252561rtifacts", 400)):
        url = f"{inside.base}{FILES}/{theirs}/{folder}/secret.txt?run_id={own}"
        for answer in (inside.client.get(url), inside.client.put(url, b"x")):
            assert answer.status_code == status, folder
            assert answer.json()["error_code"] in {"PERMISSION_DENIED", "INVALID_PARAMETER_VALUE"}
        assert door.client.get(url).status_code == (200 if status == 403 else 400), folder
    for path in ("", mine.experiment, theirs, f"{theirs}/artifacts", run.experiment.mlflow_id):
        assert inside.get(FILES, path=path, run_id=own).status_code == 403, path
    assert inside.get(FILES, path=f"{theirs}/%61rtifacts", run_id=own).status_code == 400
    assert inside.get(FILES, run_id=own).status_code == 403
    twice = f"path={theirs}/artifacts&path={run.experiment.mlflow_id}/{own}/artifacts"
    assert inside.client.get(f"{inside.base}{FILES}?{twice}").status_code == 403
    rootless = f"path=&path={run.experiment.mlflow_id}/{own}/artifacts"
    assert inside.client.get(f"{inside.base}{FILES}?{rootless}").status_code == 403


def test_a_run_is_the_owner_of_all_that_lies_below_it(door, mine, attempt):
    """Whose folders stand further down in a path changes nothing: MLflow writes where the path begins."""
    run, inside = attempt
    model = f"{FILES}/{run.experiment.mlflow_id}/{run.mlflow_run_id}/artifacts/model"
    assert inside.put(f"{model}/MLmodel").status_code == 200
    for planted in (f"{mine.run}/artifacts/evil.pkl", f"models/{mine.model}/artifacts/evil.pkl"):
        assert door.put(f"{model}/{planted}").status_code == 403
        assert door.client.delete(f"{door.base}{model}/{planted}").status_code == 403
    below = f"{FILES}/{mine.experiment}/{mine.run}/artifacts/{run.mlflow_run_id}/artifacts/evil.pkl"
    assert inside.put(below).status_code == 403
    for loose in (f"x/{mine.experiment}/{mine.run}/artifacts/y", f"{mine.run}/artifacts/y", f"0{mine.experiment}/y"):
        assert door.put(f"{FILES}/{loose}").status_code == 400
