"""The figures of a model, per task. `predicted` is (n, classes) probabilities, or (n,) numbers for regression."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from runtime.schema import Task
from runtime.training.columns import Numbers


def _binary(truth: Numbers, score: Numbers) -> dict[str, float]:
    from sklearn import metrics

    said = score >= 0.5
    figures = {
        "log_loss": metrics.log_loss(truth, score, labels=[0, 1]),
        "brier": metrics.brier_score_loss(truth, score, labels=[0, 1]),
        "accuracy": metrics.accuracy_score(truth, said),
        "f1": metrics.f1_score(truth, said, zero_division=0.0),
    }
    if len(np.unique(truth)) == 2:
        figures["roc_auc"] = metrics.roc_auc_score(truth, score)
        figures["average_precision"] = metrics.average_precision_score(truth, score)
    return figures


def _multiclass(truth: Numbers, predicted: Numbers) -> dict[str, float]:
    from sklearn import metrics

    codes = np.arange(predicted.shape[1])
    said = predicted.argmax(axis=1)
    figures = {
        "log_loss": metrics.log_loss(truth, predicted, labels=codes),
        "accuracy": metrics.accuracy_score(truth, said),
        "f1_macro": metrics.f1_score(truth, said, average="macro", zero_division=0.0),
    }
    if len(np.unique(truth)) == len(codes):
        figures["roc_auc"] = metrics.roc_auc_score(truth, predicted, multi_class="ovr", labels=codes)
        figures["balanced_accuracy"] = metrics.balanced_accuracy_score(truth, said)
    return figures


def _regression(truth: Numbers, predicted: Numbers) -> dict[str, float]:
    error = predicted - truth
    spread = float(np.sum((truth - truth.mean()) ** 2))
    figures = {"rmse": float(np.sqrt(np.mean(error**2))), "mae": float(np.mean(np.abs(error)))}
    if spread > 0:
        figures["r2"] = 1 - float(np.sum(error**2)) / spread
    return figures


def evaluate(task: Task, truth: Numbers, predicted: Numbers) -> dict[str, float]:
    """Return the metrics of the rows; one that is undefined there (a single class, no spread) is left out."""
    if task == "regression":
        figures = _regression(truth, predicted)
    elif task == "binary":
        figures = _binary(truth, predicted[:, 1])
    else:
        figures = _multiclass(truth, predicted)
    return {name: float(value) for name, value in sorted(figures.items())}


def calibration(task: Task, truth: Numbers, predicted: Numbers, bins: int = 10) -> dict[str, Any]:
    """Compare what was predicted with what happened, in bins of equal size: score of the positive (or chosen) class."""
    if task == "regression":
        said, happened = predicted, truth
    elif task == "binary":
        said, happened = predicted[:, 1], truth
    else:
        said, happened = predicted.max(axis=1), (predicted.argmax(axis=1) == truth).astype(np.float64)
    parts: list[npt.NDArray[np.int64]] = np.array_split(np.argsort(said, kind="stable"), min(bins, len(said)))
    points = [
        {"mean_predicted": float(said[part].mean()), "observed": float(happened[part].mean()), "count": len(part)}
        for part in parts
    ]
    return {"task": task, "rows": len(said), "points": points}
