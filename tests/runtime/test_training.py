"""What a run makes of a table: figures, files, the same again, and sentences where it cannot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import runtime
from runtime.failures import WorkloadFailure
from runtime.recipes.catalogue import CATALOGUE
from runtime.schema import ModelSchema
from runtime.serving.sessions import onnx_session
from runtime.training.columns import encode_table
from tests.runtime import tables

FILES = {
    "MLmodel",
    "sanad/schema.json",
    "sanad/model.onnx",
    "sanad/onnx_report.json",
    "sanad/metrics.json",
    "sanad/reference.json",
    "sanad/manifest.json",
    "sanad/importance.json",
    "sanad/calibration.json",
}


def read(trained, name):
    return json.loads((trained.directory / "sanad" / f"{name}.json").read_text())


@pytest.mark.parametrize("model", ["flight_model", "flight_network"])
def test_a_recipe_learns_real_flights_and_writes_every_file(model, request):
    made = request.getfixturevalue(model)
    files = {path.relative_to(made.directory).as_posix() for path in made.directory.rglob("*") if path.is_file()}
    assert files >= FILES
    assert made.outcome.metrics["test"]["roc_auc"] > 0.62
    assert made.outcome.metrics["slices"]["july"]["rows"] > 500
    assert read(made, "onnx_report")["equal"] is True
    assert [number for number, _ in made.steps] == list(range(1, len(made.steps) + 1))
    assert set(made.steps[0][1]) == {"train_loss", "validation_loss"}


def test_flat_metrics_have_the_names_that_pages_and_tracking_use(flight_model):
    names = set(flight_model.outcome.flat_metrics())
    assert {"test_roc_auc", "validation_log_loss", "slice_july_roc_auc", "slice_july_rows"} <= names


def test_three_tasks_are_told_apart_by_the_target(iris_model, diabetes_model, flight_model):
    assert read(iris_model, "schema")["target"] == {
        "name": "target",
        "task": "multiclass",
        "classes": ["setosa", "versicolor", "virginica"],
    }
    assert read(diabetes_model, "schema")["target"]["task"] == "regression"
    assert read(flight_model, "schema")["target"] == {"name": "late", "task": "binary", "classes": [False, True]}
    assert iris_model.outcome.metrics["test"]["accuracy"] > 0.85
    assert diabetes_model.outcome.metrics["test"]["r2"] > 0.25


@pytest.mark.parametrize("recipe", sorted(CATALOGUE))
def test_the_same_run_gives_the_same_figures_to_the_last_digit_in_any_order_of_rows(recipe, trained):
    table = tables.breast_cancer()
    params = {"max_iter": 30} if recipe == "hist_gradient_boosting" else {"max_epochs": 3}
    document = tables.spec_document(table, recipe=recipe, params=params)
    shuffled = table.take(np.random.default_rng(3).permutation(table.num_rows))
    first, second = trained(table, document), trained(shuffled, document)
    assert first.outcome.metrics == second.outcome.metrics
    assert read(first, "reference") == read(second, "reference")
    assert trained(table, {**document, "seed": 8}).outcome.metrics != first.outcome.metrics


def test_the_manifest_names_all_that_made_the_model(flight_model):
    manifest = read(flight_model, "manifest")
    assert manifest["data"] == {"digest": "0" * 64}
    assert manifest["feature_versions"] == [{"name": "weather_at_origin", "number": 1}]
    assert manifest["seed"] == 7
    assert manifest["threads"] == 1
    assert manifest["params"]["max_iter"] == 40
    assert manifest["params"]["learning_rate"] == 0.05
    assert manifest["packages"]["scikit-learn"]
    assert len(manifest["code"]["sha256"]) == 64


def test_the_reference_counts_every_training_row_and_hides_rare_values(flight_model):
    reference = read(flight_model, "reference")
    for name, histogram in reference["features"].items():
        counted = sum(histogram["counts"]) + histogram["missing"] + histogram.get("other", 0)
        assert counted == reference["rows"], name
    carriers = reference["features"]["carrier"]
    assert min(carriers["counts"]) >= 5
    assert sum(reference["prediction"]["counts"]) == reference["rows"]


def test_importance_says_that_departure_matters(flight_model):
    importance = read(flight_model, "importance")
    names = [entry["name"] for entry in importance["features"]]
    assert set(names) == set(tables.FLIGHT_FEATURES)
    assert "departure" in names[:4]


def test_calibration_points_cover_the_test_rows(flight_model):
    points = read(flight_model, "calibration")["points"]
    assert sum(point["count"] for point in points) == flight_model.outcome.manifest["rows"]["test"]
    assert points[0]["observed"] < points[-1]["observed"]


def test_sixty_rows_are_enough(trained):
    table = tables.iris().take(list(range(0, 150, 2))[:60])
    made = trained(table, tables.spec_document(table))
    assert made.outcome.manifest["rows"] == {"train": 41, "validation": 7, "test": 12}


def test_a_group_is_never_parted(trained):
    table = tables.breast_cancer()
    groups = pa.array([f"clinic-{number % 23}" for number in range(table.num_rows)])
    table = table.append_column("clinic", groups)
    document = tables.spec_document(table, split={"kind": "group", "column": "clinic", "test_fraction": 0.2})
    document["columns"] = [column for column in document["columns"] if column["name"] != "clinic"]
    rows = trained(table, document).outcome.manifest["rows"]
    assert sum(rows.values()) == table.num_rows
    assert 60 < rows["test"] < 180


def failing(table, **changes):
    target = changes.pop("of", "target")
    return table, tables.spec_document(table, target, **changes)


def with_target(values):
    table = tables.breast_cancer()
    return table.set_column(table.column_names.index("target"), "target", pa.array(values))


def rare_class():
    table = tables.flights()
    at = table["time_hour"].to_pylist()
    kinds = [
        "new" if when.month >= 8 else ("late" if late else "good")
        for when, late in zip(at, table["late"].to_pylist(), strict=True)
    ]
    return table.set_column(table.column_names.index("late"), "late", pa.array(kinds))


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        (lambda: failing(with_target([1] * 569)), "'target' is constant: all 569 rows say 1"),
        (lambda: failing(with_target([None] * 569)), "'target' is empty in every row"),
        (lambda: failing(with_target([f"word {n}" for n in range(569)])), "569 different texts"),
        (lambda: failing(tables.iris().slice(40, 24)), "leaves 16 training rows, 20 are needed"),
        (lambda: failing(tables.iris().slice(0, 0)), "the training set is empty"),
        (lambda: failing(tables.iris(), of="colour"), "'colour' is in the run but not in the data"),
        (lambda: failing(tables.iris().select(["target"])), "has no features"),
        (lambda: failing(tables.iris(), recipe="magic"), "recipe 'magic' is unknown"),
        (lambda: failing(tables.iris(), params={"max_iter": 0}), "max_iter has to be a whole number from 1 to 5000"),
        (lambda: failing(tables.iris(), params={"depth": 3}), "no parameter 'depth'"),
        (lambda: failing(tables.iris(), task="binary"), "3 different values; a binary task needs exactly two"),
        (lambda: failing(tables.iris(), split={"kind": "time"}), "needs the name of a column"),
        (
            lambda: failing(tables.iris(), split={"kind": "time", "column": "target", "test_start": "2013-01-01"}),
            "'target' holds no times",
        ),
        (
            lambda: (
                tables.flights(),
                tables.flight_document()
                | {"split": {"kind": "time", "column": "time_hour", "test_start": "2020-01-01"}},
            ),
            "No test rows are left by test_start 2020-01-01",
        ),
        (
            lambda: (
                rare_class(),
                tables.flight_document()
                | {"split": {"kind": "time", "column": "time_hour", "test_start": "2013-08-01"}},
            ),
            "class 'new' of 'late' occurs in the test rows but in no training row",
        ),
    ],
)
def test_what_cannot_be_learned_ends_with_a_sentence(case, sentence, trained):
    table, document = case()
    with pytest.raises(WorkloadFailure) as failure:
        trained(table, document)
    assert sentence.lower() in failure.value.sentence.lower()


def test_rows_without_a_target_are_left_out_and_said(trained):
    table = tables.iris()
    values = [None if number % 10 == 0 else value for number, value in enumerate(table["target"].to_pylist())]
    table = table.set_column(table.column_names.index("target"), "target", pa.array(values))
    made = trained(table, tables.spec_document(table))
    assert "15 of 150 rows have no 'target' and are left out." in made.lines


STOCK = {"flight_model": ("skops", "sklearn"), "flight_network": ("safetensors", "onnx")}


@pytest.mark.parametrize("model", sorted(STOCK))
def test_stock_mlflow_loads_what_is_written_and_answers_alike(model, request, monkeypatch):
    import mlflow.pyfunc

    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true")
    made = request.getfixturevalue(model)
    loaded = mlflow.pyfunc.load_model(str(made.directory))
    model_format, flavor = STOCK[model]
    assert set(loaded.metadata.flavors) == {"python_function", flavor}
    assert loaded.metadata.model_size_bytes > 10_000
    schema = ModelSchema.from_json(read(made, "schema"))
    assert schema.model_format == model_format
    x = encode_table(schema.features, tables.flights().slice(1000, 50))
    copy = onnx_session((made.directory / "sanad/model.onnx").read_bytes()).run(None, {"x": x})[0]
    if flavor == "onnx":
        assert np.allclose(loaded.predict(x)["predicted"], copy, atol=1e-6)
        return
    columns = [column for feature in schema.features for column in feature.columns]
    assert loaded.metadata.get_input_schema().input_names() == columns
    answers = loaded.predict(pd.DataFrame(x, columns=columns))
    assert answers.tolist() == copy.argmax(axis=1).tolist()


LIGHT = """
import json, pathlib, sys
import pyarrow as pa
import runtime.train
from runtime.training.flow import train
from runtime.training.spec import read_spec
folder = pathlib.Path(sys.argv[1])
table = pa.ipc.open_stream((folder / "data").read_bytes()).read_all()
for recipe, forbidden in (
    ("hist_gradient_boosting", ("torch", "pytest")),
    ("torch_mlp", ("pytest", "torch._dynamo", "torch._inductor.standalone_compile")),
):
    spec = read_spec(json.loads((folder / recipe).read_text()))
    train(spec, table, folder / f"{recipe}-model", lambda *told: None, lambda line: None)
    print(recipe, sorted(set(forbidden) & set(sys.modules)))
print(*sys.modules)
"""
COMPILED = "import sys; from runtime.compiled import import_all; import_all(); print(*sys.modules)"


def test_a_run_imports_nothing_that_it_does_not_use(tmp_path):
    """Each of these costs a second of a processor or two in every run: as much as learning from a small table."""
    table = tables.iris().replace_schema_metadata(None)
    with pa.OSFile(str(tmp_path / "data"), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    for recipe, params in (("hist_gradient_boosting", {"max_iter": 2}), ("torch_mlp", {"max_epochs": 1})):
        (tmp_path / recipe).write_text(json.dumps(tables.spec_document(table, recipe=recipe, params=params)))
    environment = {**os.environ, "PYTHONPATH": str(Path(runtime.__file__).parents[1])}

    def said(code):
        command = [sys.executable, "-c", code, str(tmp_path)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()

    *_, first, second, imported = said(LIGHT)
    assert [first, second] == ["hist_gradient_boosting []", "torch_mlp []"]
    # And all that it uses is imported where `make install` has it compiled.
    compiled = set(said(COMPILED)[-1].split())
    missing = set(imported.split()) - compiled
    assert sorted({name for name in missing if name.partition(".")[0] not in sys.stdlib_module_names}) == []


def test_every_step_is_that_of_torchs_own_optimizer():
    import torch

    from runtime.recipes.adamw import AdamW

    def path(make):
        torch.manual_seed(4)
        weights = [torch.nn.Parameter(torch.randn(5, 3)), torch.nn.Parameter(torch.randn(3))]
        x = torch.randn(40, 5)
        optimizer = make(weights)
        for _ in range(6):
            optimizer.zero_grad()
            ((x @ weights[0] + weights[1]) ** 2).mean().backward()
            optimizer.step()
        return weights

    ours = path(lambda weights: AdamW(weights, lr=0.01, weight_decay=0.1))
    theirs = path(lambda weights: torch.optim.AdamW(weights, lr=0.01, weight_decay=0.1, foreach=False))
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
