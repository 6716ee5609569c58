"""scikit-learn's histogram gradient boosting, with its curve told while it grows."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from io import TextIOBase
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import helper
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from runtime.encoder import Matrix
from runtime.recipes.base import Fit, Numbers, OnStep, TrainingData
from runtime.recipes.graphs import build, head
from runtime.recipes.skops_files import TRUSTED_TYPES, Estimator, skops
from runtime.schema import Task

MODEL_FILE = "model.skops"
_STEP = re.compile(r"\[(\d+)/\d+\].*?train loss: ([-\d.einfa]+), val loss: ([-\d.einfa]+)")


class _StepListener(TextIOBase):
    """Reads what the estimator prints with verbose=2: its only public way to say how far it is."""

    def __init__(self, on_step: OnStep) -> None:
        self._on_step = on_step
        self._line = ""

    def write(self, text: str) -> int:
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            found = _STEP.search(line)
            if found:
                self._on_step(int(found[1]), {"train_loss": float(found[2]), "validation_loss": float(found[3])})
        return len(text)


def _estimator(task: Task, params: Mapping[str, Any], seed: int) -> Estimator:
    kind = HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
    return kind(
        learning_rate=params["learning_rate"],
        max_iter=params["max_iter"],
        max_leaf_nodes=params["max_leaf_nodes"],
        min_samples_leaf=params["min_samples_leaf"],
        l2_regularization=params["l2_regularization"],
        max_features=params["max_features"],
        random_state=seed,
        scoring="loss",
        categorical_features=None,
    )


def _predict(estimator: Estimator, x: Matrix) -> Numbers:
    if isinstance(estimator, HistGradientBoostingRegressor):
        return np.asarray(estimator.predict(x), dtype=np.float64)
    return np.asarray(estimator.predict_proba(x), dtype=np.float64)


class HistGradientBoosting:
    def fit(self, data: TrainingData, params: Mapping[str, Any], seed: int, on_step: OnStep) -> Fit:
        # A leaf that needs a hundred rows leaves a small table without a single split.
        leaf = max(1, min(int(params["min_samples_leaf"]), len(data.x_train) // 20))
        params = {**params, "min_samples_leaf": leaf}
        wait = params["n_iter_no_change"] if params["early_stopping"] else params["max_iter"]
        first = _estimator(data.task, params, seed)
        first.set_params(early_stopping=True, n_iter_no_change=wait, verbose=2)
        with contextlib.redirect_stdout(_StepListener(on_step)):
            first.fit(data.x_train, data.y_train, X_val=data.x_validation, y_val=data.y_validation)
        validation = _predict(first, data.x_validation)
        losses = -np.asarray(first.validation_score_[1:])
        best = int(np.argmin(losses)) + 1 if params["early_stopping"] else int(first.n_iter_)
        details = {"iterations": int(first.n_iter_), "best_iteration": best, "min_samples_leaf": leaf}
        if not params["refit"]:
            return Fit(HistGradientBoostingModel(first.set_params(verbose=0), data.task), validation, details)
        again = _estimator(data.task, {**params, "max_iter": best}, seed).set_params(early_stopping=False)
        x = np.vstack([data.x_train, data.x_validation])
        again.fit(x, np.concatenate([data.y_train, data.y_validation]))
        return Fit(HistGradientBoostingModel(again, data.task), validation, details, saw_validation=True)


class HistGradientBoostingModel:
    format = "skops"

    def __init__(self, estimator: Estimator, task: Task) -> None:
        self.estimator = estimator
        self.task = task

    def predict(self, x: Matrix) -> Numbers:
        return _predict(self.estimator, x)

    def to_onnx(self) -> bytes:
        nodes, constants = head(self.task, "raw")
        trees = helper.make_node(
            "TreeEnsembleRegressor", ["x"], ["raw"], domain="ai.onnx.ml", **tree_attributes(self.estimator)
        )
        outputs = {"regression": 1, "binary": 2}.get(self.task, len(self.estimator._predictors[0]))
        return build([trees, *nodes], constants, int(self.estimator.n_features_in_), outputs)

    def save(self, directory: Path, columns: Sequence[str]) -> None:
        """Write the estimator without pickle, and an MLmodel of the sklearn flavour that stock MLflow loads."""
        skops()  # before MLflow imports the whole of it
        import mlflow.sklearn
        from mlflow.models import ModelSignature
        from mlflow.types import ColSpec, Schema

        answer = ColSpec("double") if self.task == "regression" else ColSpec("long")
        mlflow.sklearn.save_model(
            self.estimator,
            str(directory),
            serialization_format="skops",
            skops_trusted_types=TRUSTED_TYPES,
            signature=ModelSignature(Schema([ColSpec("float", name) for name in columns]), Schema([answer])),
            pip_requirements=["mlflow-skinny", "numpy", "pandas", "scikit-learn", "skops"],
        )


def _round_down(thresholds: Numbers) -> npt.NDArray[np.float32]:
    """Return the largest float32 that is not above: `x <= t` then says the same for every float32 x."""
    rounded = np.clip(thresholds, -np.finfo(np.float32).max, np.finfo(np.float32).max).astype(np.float32)
    return np.where(rounded > thresholds, np.nextafter(rounded, np.float32(-np.inf)), rounded)


def tree_attributes(estimator: Estimator) -> dict[str, Any]:
    """Write the grown trees as attributes of ONNX's TreeEnsembleRegressor; one target per raw score."""
    columns: dict[str, list[npt.NDArray[Any]]] = {}

    def add(**parts: npt.NDArray[Any]) -> None:
        for name, values in parts.items():
            columns.setdefault(name, []).append(values)

    trees = [(target, tree) for round_ in estimator._predictors for target, tree in enumerate(round_)]
    for number, (target, tree) in enumerate(trees):
        nodes = tree.nodes
        leaf = nodes["is_leaf"].astype(bool)
        ids = np.arange(len(nodes))
        add(
            nodes_treeids=np.full(len(nodes), number),
            nodes_nodeids=ids,
            nodes_featureids=np.where(leaf, 0, nodes["feature_idx"]),
            nodes_values=np.where(leaf, np.float32(0), _round_down(nodes["num_threshold"])).astype(np.float32),
            nodes_modes=np.where(leaf, "LEAF", "BRANCH_LEQ"),
            nodes_truenodeids=np.where(leaf, 0, nodes["left"]),
            nodes_falsenodeids=np.where(leaf, 0, nodes["right"]),
            nodes_missing_value_tracks_true=np.where(leaf, 0, nodes["missing_go_to_left"]),
            target_treeids=np.full(int(leaf.sum()), number),
            target_nodeids=ids[leaf],
            target_ids=np.full(int(leaf.sum()), target),
            target_weights=nodes["value"][leaf].astype(np.float32),
        )
    base = np.ravel(estimator._baseline_prediction).astype(np.float32)
    attributes: dict[str, Any] = {name: np.concatenate(values).tolist() for name, values in columns.items()}
    return attributes | {"base_values": base.tolist(), "n_targets": len(base), "aggregate_function": "SUM"}


RECIPE = HistGradientBoosting()
