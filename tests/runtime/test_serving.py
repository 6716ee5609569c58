"""The inference server: all protocols and shapes give one answer, and every bad input is told what is wrong with it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from runtime.schema import ModelSchema
from runtime.training.columns import encode_table
from tests.runtime import tables
from tests.runtime.serving import Server, environment, sign

NAMES = tables.FLIGHT_FEATURES


@pytest.fixture(scope="module")
def server(flight_model, tmp_path_factory):
    at = tmp_path_factory.mktemp("serve")
    sign(flight_model.directory, at)
    running = Server(at)
    yield running
    assert "Traceback" not in running.stop()


def rows(count):
    table = tables.flights().slice(1000, count).select(NAMES)
    found = [[row[name] for name in NAMES] for row in table.to_pylist()]
    return [[None if value != value else value for value in row] for row in found]


@pytest.fixture(scope="module")
def expected(flight_model):
    """The probabilities that the model itself gives for the same rows."""
    import skops.io

    from runtime.recipes.skops_files import TRUSTED_TYPES

    estimator = skops.io.load(flight_model.directory / "model.skops", trusted=TRUSTED_TYPES)
    schema = ModelSchema.from_json(json.loads((flight_model.directory / "sanad/schema.json").read_text()))
    return estimator.predict_proba(encode_table(schema.features, tables.flights().slice(1000, 100)))


def records(count):
    return [dict(zip(NAMES, row, strict=True)) for row in rows(count)]


def columns(count):
    return {name: [row[place] for row in rows(count)] for place, name in enumerate(NAMES)}


def backwards(count):
    return {"columns": NAMES[::-1], "data": [row[::-1] for row in rows(count)]}


# Bodies with so many rows; the rows are read where a test asks, not where all tests are gathered.
SHAPES = {
    "dataframe_split": lambda count: {"dataframe_split": {"columns": NAMES, "data": rows(count)}},
    "other order": lambda count: {"dataframe_split": backwards(count)},
    "dataframe_records": lambda count: {"dataframe_records": records(count)},
    "instances as objects": lambda count: {"instances": records(count)},
    "instances as lists": lambda count: {"instances": rows(count)},
    "inputs as columns": lambda count: {"inputs": columns(count)},
    "inputs as records": lambda count: {"inputs": records(count)},
}


@pytest.mark.parametrize("count", [1, 100])
@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_every_shape_gives_the_models_own_answer(shape, count, server, expected):
    status, answer = server.post("/invocations", SHAPES[shape](count))
    assert status == 200
    assert answer["classes"] == [False, True]
    assert np.allclose(answer["probabilities"], expected[:count], atol=1e-5)
    assert answer["predictions"] == [row[1] >= 0.5 for row in answer["probabilities"]]


def tensors(count, shape=None, **changes):
    kinds = {"carrier": "BYTES", "origin": "BYTES", "dest": "BYTES", "engine": "BYTES"}
    whole = {"weekday", "departure", "arrival", "distance"}
    return [
        {
            "name": name,
            "shape": shape or [count],
            "datatype": kinds.get(name, "INT64" if name in whole else "FP64"),
            "data": [row[place] for row in rows(count)],
        }
        | changes.get(name, {})
        for place, name in enumerate(NAMES)
    ]


@pytest.mark.parametrize("shape", [[3], [3, 1]])
@pytest.mark.parametrize("path", ["/v2/models/m/infer", "/v2/models/m/versions/1/infer"])
def test_the_open_inference_protocol_gives_the_same(path, shape, server, expected):
    status, answer = server.post(path, {"id": "a7", "inputs": tensors(3, shape)})
    assert status == 200
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("m", "1", "a7")
    label, probability = answer["outputs"]
    assert (label["name"], label["datatype"], label["shape"]) == ("prediction", "BOOL", [3])
    assert (probability["shape"], probability["parameters"]) == ([3, 2], {"classes": [False, True]})
    assert np.allclose(np.reshape(probability["data"], (3, 2)), expected[:3], atol=1e-5)


def test_questions_about_the_model_are_answered(server):
    assert server.get("/v2/health/live") == (200, {"live": True})
    assert server.get("/v2/models/m/ready") == (200, {"name": "m", "ready": True})
    status, metadata = server.get("/v2/models/m")
    assert (status, metadata["name"], metadata["versions"]) == (200, "m", ["1"])
    assert metadata["platform"] == "sanad_onnxruntime"
    assert {"name": "carrier", "datatype": "BYTES", "shape": [-1]} in metadata["inputs"]
    assert server.get("/schema")[1]["target"]["name"] == "late"


def changed(**values):
    return {"dataframe_records": [records(1)[0] | values]}


def without(name):
    record = records(1)[0]
    del record[name]
    return {"dataframe_records": [record]}


def infer(**changes):
    return {"inputs": tensors(2, **changes)}


BAD = [
    (
        "/invocations",
        lambda: changed(temp="warm"),
        422,
        "Field 'temp' has to be a number or null; the text 'warm' is not.",
    ),
    (
        "/invocations",
        lambda: changed(carrier=7),
        422,
        "Field 'carrier' has to be a text or null; the value '7' is not.",
    ),
    ("/invocations", lambda: changed(departure=3.5), 422, "Field 'departure' has to be a whole number"),
    ("/invocations", lambda: without("temp"), 422, "The column 'temp' is missing in row 0."),
    (
        "/invocations",
        lambda: changed(gate="A1"),
        422,
        "The column 'gate' is unknown in row 0; this model takes 'carrier'",
    ),
    ("/invocations", lambda: b'{"dataframe_records": [{"temp": NaN}]}', 400, "send null for a missing value"),
    ("/invocations", lambda: b"{", 400, "The body is not JSON"),
    ("/invocations", lambda: b"", 400, "The body is empty"),
    ("/invocations", lambda: [1], 400, "has to be a JSON object with one of dataframe_split"),
    ("/invocations", dict, 400, "none of dataframe_split"),
    ("/invocations", lambda: {"instances": [], "inputs": []}, 400, "more than one of"),
    ("/invocations", lambda: {"instances": []}, 400, "holds no rows"),
    (
        "/invocations",
        lambda: {"instances": [[1]]},
        400,
        f"Row 0 of instances has 1 values; this model takes {len(NAMES)}.",
    ),
    ("/invocations", lambda: {"instances": rows(2), "params": {"t": 1}}, 400, "takes no params"),
    (
        "/invocations",
        lambda: {"dataframe_split": {"columns": NAMES, "data": [3]}},
        400,
        "Row 0 of dataframe_split.data",
    ),
    ("/invocations", lambda: {"dataframe_split": {"columns": [], "data": []}}, 422, "and 12 more are missing"),
    ("/invocations", lambda: {"dataframe_split": 3}, 400, "dataframe_split has to be an object"),
    (
        "/invocations",
        lambda: {"dataframe_records": [*records(2), records(1)[0] | {"temp": "x"}]},
        422,
        "Row 2: Field 'temp' has to be a number",
    ),
    (
        "/invocations",
        lambda: {"inputs": {n: [1] * (2 + (n == "temp")) for n in NAMES}},
        400,
        "'temp' has 3; send as many",
    ),
    ("/invocations", lambda: b" " * 200001, 413, "larger than the 200000 bytes allowed"),
    ("/v2/models/m/infer", dict, 400, 'with the list "inputs"'),
    ("/v2/models/m/infer", lambda: {"inputs": tensors(2)[2:]}, 422, "The inputs 'carrier', 'origin' are missing."),
    (
        "/invocations",
        lambda: changed(gate="A1", crew=4),
        422,
        "The columns 'gate', 'crew' are unknown in row 0; this model takes 'carrier'",
    ),
    ("/v2/models/m/infer", lambda: {"inputs": tensors(2)[1:]}, 422, "The input 'carrier' is missing."),
    ("/v2/models/m/infer", lambda: {"inputs": [*tensors(2), tensors(2)[0]]}, 400, "Input 'carrier' is given twice."),
    (
        "/v2/models/m/infer",
        lambda: infer(temp={"datatype": "BYTES"}),
        422,
        "'temp' has the datatype 'BYTES'; it has to be FP64.",
    ),
    (
        "/v2/models/m/infer",
        lambda: infer(temp={"shape": [2, 2]}),
        400,
        "'temp' has the shape [2, 2]; it has to be [rows]",
    ),
    ("/v2/models/m/infer", lambda: infer(temp={"shape": [3]}), 400, "'temp' says shape [3] but holds 2 values."),
    ("/v2/models/m/infer", lambda: infer(temp={"name": "heat"}), 422, "Input 'heat' is unknown"),
    ("/v2/models/m/infer", lambda: infer(temp={"data": [1, "hot"]}), 422, "Row 1: Field 'temp' has to be a number"),
]


@pytest.mark.parametrize(("path", "body", "status", "sentence"), BAD, ids=[case[3][:40] for case in BAD])
def test_bad_input_is_told_what_is_wrong(path, body, status, sentence, server):
    got, answer = server.post(path, body())
    assert got == status
    assert sentence in answer["error"]


def test_wrong_ways_of_asking_are_told_the_right_one(server):
    assert server.get("/invocations") == (405, {"error": "/invocations answers POST, not GET."})
    assert server.post("/nothing", {})[0] == 404
    status, answer = server.post("/invocations", b"a,b\n1,2\n", **{"content-type": "text/csv"})
    assert (status, "send application/json" in answer["error"]) == (415, True)


def test_a_value_that_training_did_not_know_is_predicted_all_the_same(server):
    assert server.post("/invocations", changed(carrier="XX", temp=None))[0] == 200


@pytest.mark.parametrize("model", ["iris_model", "diabetes_model", "flight_network"])
def test_other_tasks_are_served_too(model, request, tmp_path):
    made = request.getfixturevalue(model)
    sign(made.directory, tmp_path)
    server = Server(tmp_path)
    schema = server.get("/schema")[1]
    row = [feature["categories"][0] if feature["type"] == "category" else None for feature in schema["features"]]
    status, answer = server.post("/invocations", {"instances": [row, row]})
    server.stop()
    assert status == 200
    if schema["target"]["task"] == "regression":
        assert all(isinstance(value, float) for value in answer["predictions"])
    else:
        assert set(answer["predictions"]) <= set(schema["target"]["classes"])
        assert np.allclose(np.sum(answer["probabilities"], axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(("model", "engine"), [("flight_model", "skops"), ("flight_network", "safetensors")])
def test_the_original_serves_where_the_onnx_copy_differs(model, engine, request, tmp_path):
    made = request.getfixturevalue(model)
    answers = []
    for equal in (True, False):
        at = tmp_path / str(equal)
        at.mkdir()
        changed_model = at / "changed"
        _with_report(made.directory, changed_model, equal)
        sign(changed_model, at)
        server = Server(at)
        assert server.get("/v2/models/m")[1]["platform"] == f"sanad_{'onnxruntime' if equal else engine}"
        answers.append(server.post("/invocations", {"instances": rows(20)})[1]["probabilities"])
        server.stop()
    assert np.allclose(answers[0], answers[1], atol=1e-5)


def _with_report(source: Path, target: Path, equal: bool) -> None:
    import shutil

    shutil.copytree(source, target)
    report = target / "sanad/onnx_report.json"
    report.write_text(json.dumps(json.loads(report.read_text()) | {"equal": equal}))


def test_a_changed_model_is_not_served(flight_model, tmp_path):
    model = sign(flight_model.directory, tmp_path)
    (model / "sanad/model.onnx").write_bytes(b"another")
    done = subprocess.run(
        [sys.executable, "-m", "runtime.serve"], env=environment(tmp_path), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 3
    sentence = "The model was not loaded. The file sanad/model.onnx was changed after the model was signed."
    assert json.loads(done.stdout.splitlines()[-1].removeprefix("SANAD-FAILURE "))["sentence"] == sentence
