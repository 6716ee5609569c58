"""From a table and a spec to a model directory: prepare, fit, measure, write."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from runtime.encoder import Matrix
from runtime.failures import WorkloadFailure
from runtime.recipes import load_recipe
from runtime.recipes.base import Fit, OnStep, TrainingData
from runtime.recipes.catalogue import CATALOGUE, ParameterRefused
from runtime.schema import SCHEMA_FILE, ModelSchema
from runtime.training.columns import Numbers, encode_table, plain
from runtime.training.equality import absent_report, compare_onnx
from runtime.training.evaluation import evaluate_slices, permutation_importance
from runtime.training.fitting import fit_features
from runtime.training.manifest import make_manifest
from runtime.training.metrics import calibration, evaluate
from runtime.training.reference import make_reference
from runtime.training.spec import RunSpec
from runtime.training.split import Split, split_rows
from runtime.training.targets import PreparedTarget, prepare_target, present_rows

# One thread adds in one order, and only then do two runs give the same last digit.
THREADS = 1
Say = Callable[[str], None]


@dataclass(frozen=True)
class Prepared:
    """The rows that have a target, in canonical order, parted and encoded."""

    table: pa.Table
    target: PreparedTarget
    split: Split
    schema: ModelSchema
    x: Matrix

    def part(self, rows: np.ndarray[Any, np.dtype[np.int64]]) -> tuple[Matrix, Numbers]:
        return self.x[rows], self.target.values[rows]


@dataclass(frozen=True)
class Outcome:
    """`metrics` is {"validation": {…}, "test": {…}, "slices": {name: {…}}}."""

    metrics: dict[str, Any]
    manifest: dict[str, Any]

    def flat_metrics(self) -> dict[str, float]:
        """Return metric names as MLflow gets them: test_roc_auc, validation_roc_auc, slice_<name>_roc_auc."""
        parts = {"validation": self.metrics["validation"], "test": self.metrics["test"]}
        parts |= {f"slice_{name}": figures for name, figures in self.metrics["slices"].items()}
        return {f"{part}_{name}": float(value) for part, figures in parts.items() for name, value in figures.items()}


def checked_params(spec: RunSpec) -> dict[str, Any]:
    load_recipe(spec.recipe)
    try:
        return dict(CATALOGUE[spec.recipe].complete(spec.params))
    except ParameterRefused as refusal:
        raise WorkloadFailure(refusal.sentence) from refusal


def canonical(table: pa.Table) -> pa.Table:
    """Put the rows in one order whatever order they came in: the data's digest knows no order, nor may the model."""
    columns = [plain(column) for column in table.columns]
    table = pa.table(columns, names=table.column_names).combine_chunks()
    return table.sort_by([(name, "ascending") for name in table.column_names])


def prepare(spec: RunSpec, table: pa.Table, say: Say) -> Prepared:
    for name in (spec.target, *spec.features):
        if name not in table.column_names:
            raise WorkloadFailure(f"Column {name!r} is in the run but not in the data; the training set has changed.")
    if not table.num_rows:
        raise WorkloadFailure("The training set is empty: it has no row.")
    present = present_rows(plain(table.column(spec.target)))
    if not present.all():
        say(f"{int((~present).sum())} of {table.num_rows} rows have no {spec.target!r} and are left out.")
    table = canonical(table.filter(pa.array(present)))
    target = prepare_target(spec.target, table.column(spec.target), spec.task, spec.positive_class)
    split = split_rows(spec.split, table, target, spec.seed)
    features = fit_features(list(spec.features), table.take(split.train), table, target.values[split.train])
    return Prepared(
        table, target, split, ModelSchema(features, target.target, spec.event_time, ""), encode_table(features, table)
    )


def fit(prepared: Prepared, spec: RunSpec, params: Mapping[str, Any], on_step: OnStep) -> Fit:
    x_train, y_train = prepared.part(prepared.split.train)
    x_validation, y_validation = prepared.part(prepared.split.validation)
    data = TrainingData(
        task=prepared.schema.target.task,
        classes=len(prepared.schema.target.classes),
        features=prepared.schema.features,
        x_train=x_train,
        y_train=y_train,
        x_validation=x_validation,
        y_validation=y_validation,
    )
    return load_recipe(spec.recipe).fit(data, params, spec.seed, on_step)


def measure(prepared: Prepared, fitted: Fit, spec: RunSpec) -> tuple[dict[str, Any], Numbers]:
    """Return the metrics of every part, and the predictions for the test rows."""
    task = prepared.schema.target.task
    x_test, y_test = prepared.part(prepared.split.test)
    predicted = fitted.model.predict(x_test)
    metrics = {
        "validation": evaluate(task, prepared.target.values[prepared.split.validation], fitted.validation),
        "test": evaluate(task, y_test, predicted),
        "slices": evaluate_slices(spec.slices, prepared.table.take(prepared.split.test), task, y_test, predicted),
    }
    return metrics, predicted


def onnx_copy(prepared: Prepared, fitted: Fit, expected: Numbers) -> tuple[bytes | None, dict[str, Any]]:
    try:
        model = fitted.model.to_onnx()
    except Exception as error:  # noqa: BLE001  a model without an ONNX copy is still a model, and the report says why
        return None, absent_report(f"The conversion failed: {type(error).__name__}: {error}")
    return model, compare_onnx(model, prepared.x[prepared.split.test], expected)


def train(spec: RunSpec, table: pa.Table, directory: Path, on_step: OnStep, say: Say) -> Outcome:
    """Fit the recipe and write the model directory, which has to be empty; returns the figures."""
    params = checked_params(spec)
    prepared = prepare(spec, table, say)
    say(f"Task {prepared.schema.target.task}; rows {prepared.split.sizes()}; {prepared.x.shape[1]} encoded columns.")
    fitted = fit(prepared, spec, params, on_step)
    say(f"Fitted: {fitted.details}")
    metrics, predicted = measure(prepared, fitted, spec)
    columns = [column for feature in prepared.schema.features for column in feature.columns]
    fitted.model.save(directory, columns)
    onnx, report = onnx_copy(prepared, fitted, predicted)
    say(f"ONNX copy: {report}")
    manifest = make_manifest(spec, params, threads=THREADS, rows=prepared.split.sizes(), details=fitted.details)
    _write(
        directory, prepared, fitted, spec, predicted, {"onnx_report": report, "metrics": metrics, "manifest": manifest}
    )
    if onnx is not None:
        (directory / "sanad" / "model.onnx").write_bytes(onnx)
    return Outcome(metrics, manifest)


def _write(
    directory: Path, prepared: Prepared, fitted: Fit, spec: RunSpec, predicted: Numbers, documents: dict[str, Any]
) -> None:
    split, target = prepared.split, prepared.schema.target
    x_test, y_test = prepared.part(split.test)
    known = np.sort(np.concatenate([split.train, split.validation])) if fitted.saw_validation else split.train
    held_out = np.concatenate([fitted.validation, predicted])
    schema = ModelSchema(prepared.schema.features, target, prepared.schema.event_time, fitted.model.format)
    documents |= {
        "schema": schema.to_json(),
        "reference": make_reference(
            schema.features, target, prepared.table.take(known), fitted.model.predict(prepared.x[known]), held_out
        ),
        "importance": permutation_importance(
            fitted.model.predict, schema.features, x_test, y_test, target.task, spec.seed
        ),
        "calibration": calibration(target.task, y_test, predicted),
    }
    (directory / SCHEMA_FILE).parent.mkdir(exist_ok=True)
    for name, document in documents.items():
        (directory / "sanad" / f"{name}.json").write_text(
            json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
        )
