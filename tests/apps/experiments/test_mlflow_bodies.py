"""How a body may be written: as MLflow reads it, each field once, so that the check and MLflow see the same."""

from __future__ import annotations

import json

import pytest

from apps.experiments.adapters.mlflow_bodies import FIELDS, camel, read_body
from apps.experiments.adapters.mlflow_routes import find
from apps.experiments.adapters.tracking import server_of
from apps.experiments.errors import RunRefused

TRACKING = "api/2.0/mlflow/"


@pytest.fixture(scope="module")
def requests():
    """MLflow's own description of what each allowed route reads."""
    from mlflow.protos.mlflow_artifacts_pb2 import MlflowArtifactsService
    from mlflow.protos.model_registry_pb2 import ModelRegistryService
    from mlflow.protos.service_pb2 import MlflowService
    from mlflow.server.handlers import get_service_endpoints

    read = {}
    for service in (MlflowService, ModelRegistryService, MlflowArtifactsService):
        for path, message, methods in get_service_endpoints(service, lambda request: request):
            address = path.replace("<model_id>", "m-" + "0" * 32).replace("<path:artifact_path>", "a/b")
            for method in methods:
                found = find(method, address.replace("<tag_key>", "k").lstrip("/"))
                if found and found.route.kind != "no_parts":
                    read[found.route] = message.DESCRIPTOR
    return read


def _fields_of(message):
    for field in message.fields:
        yield field
        if field.message_type is not None:
            yield from _fields_of(field.message_type)


def test_the_list_of_fields_is_mlflows(requests):
    bodies = [message for route, message in requests.items() if route.method != "GET"]
    fields = {field for message in bodies for field in _fields_of(message)}
    assert {field.name for field in fields} == FIELDS
    assert {field.name: field.json_name for field in fields} == {name: camel(name) for name in FIELDS}


def test_a_run_is_looked_for_where_mlflow_looks(requests):
    for route, message in requests.items():
        in_path = {name for name in ("path", "model_id") if f"(?P<{name}>" in route.pattern.pattern}
        assert set(route.run_fields) <= {field.name for field in message.fields} | in_path, route


@pytest.mark.parametrize(
    "text",
    [
        '{"Run_Id": "x"}',
        '{"runid": "x"}',
        '{"RunId": "x"}',
        '{"run_ID": "x"}',
        '{"runId": "", "run_id": "x"}',
        '{"run_id": "", "run_id": "x"}',
        '{"tags": [{"Key": "note", "key": "sanad.run_id", "value": "x"}]}',
        '{"surprise": 1}',
        '"{\\"Key\\": 1}"',
        '{"tags": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"tags": ' + "[" * 20 + "]" * 20 + "}",
    ],
)
def test_a_body_that_could_be_read_in_two_ways_is_refused(text):
    with pytest.raises(RunRefused):
        read_body(text.encode())


def test_both_of_mlflows_spellings_mean_the_same():
    assert read_body(b'{"runId": "x", "orderBy": [{"fieldName": "a"}]}') == {
        "run_id": "x",
        "order_by": [{"field_name": "a"}],
    }
    assert read_body(b'"{\\"runId\\": \\"x\\"}"') == {"run_id": "x"}
    assert read_body(b"") == {}


def test_no_second_spelling_reaches_what_is_the_portals(door, attempt, project):
    run, _inside = attempt
    experiment, own = run.experiment.mlflow_id, run.mlflow_run_id
    tricks = [
        ("experiments/delete", {"Experiment_Id": "", "experiment_id": experiment}),
        ("experiments/delete", {"experimentId": "1", "experiment_id": experiment}),
        ("experiments/update", {"experiment_ID": "", "experiment_id": experiment, "new_name": "renamed"}),
        ("runs/set-tag", {"Key": "note", "run_id": own, "key": "sanad.run_id", "value": "forged"}),
        ("runs/create", {"Tags": [], "experiment_id": experiment, "tags": [{"key": "sanad.run_id", "value": "x"}]}),
        ("model-versions/create", {"Source": f"runs:/{own}/model", "name": "m", "source": "s3://bucket/x"}),
    ]
    for path, body in tricks:
        answer = door.post(TRACKING + path, **body)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), body
        assert "field" in answer.json()["message"]
    server = server_of(project.pk)
    assert server.get_experiment(experiment)["lifecycle_stage"] == "active"
    assert server.get_experiment(experiment)["name"] == "flowers"
    tags = {tag["key"]: tag["value"] for tag in server.get_run(own)["data"]["tags"]}
    assert tags["sanad.run_id"] == str(run.pk)


def test_an_experiment_has_one_number(door, attempt, project):
    """MLflow takes 007 and ٧ for 7; the portal knows its experiments as 7."""
    run, _inside = attempt
    number = run.experiment.mlflow_id
    for written in (f"0{number}", number.translate({48 + digit: 0x660 + digit for digit in range(10)}), f" {number}"):
        answer = door.post(TRACKING + "experiments/delete", experiment_id=written)
        assert (answer.status_code, answer.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST"), written
    assert server_of(project.pk).get_experiment(number)["lifecycle_stage"] == "active"


def test_a_clients_own_words_are_not_taken_for_ids(door, mine):
    record = {"run_id": mine.run, "artifact_path": "m", "flavors": {"run_id": "ours"}, "utc_time_created": "now"}
    answer = door.post(TRACKING + "runs/log-model", run_id=mine.run, model_json=json.dumps(record))
    assert answer.status_code == 200, answer.content
    assert door.post(TRACKING + "runs/set-tag", runId=mine.run, key="Run_Id", value="words").status_code == 200
