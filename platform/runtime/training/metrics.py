"""The figures of a model, per task. `predicted` is (n, classes) probabilities, or (n,) numbers for regression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime.schema import Task
from runtime.training.columns import Numbers

# By name, what computes it: asked for one of them, nobody waits for the others.
Figures = dict[str, Callable[[], float]]


def _binary(truth: Numbers, score: Numbers) -> Figures:
    from sklearn import metrics

    said = score >= 0.5
    figures: Figures = {
        "log_loss": lambda: metrics.log_loss(truth, score, labels=[0, 1]),
        "brier": lambda: metrics.brier_score_loss(truth, score, labels=[0, 1]),
        "accuracy": lambda: metrics.accuracy_score(truth, said),
        "f1": lambda: metrics.f1_score(truth, said, zero_division=0.0),
    }
    if len(np.unique(truth)) == 2:
        figures["roc_auc"] = lambda: metrics.roc_auc_score(truth, score)
        figures["average_precision"] = lambda: metrics.average_precision_score(truth, score)
    return figures


def _multiclass(truth: Numbers, predicted: Numbers) -> Figures:
    from sklearn import metrics

    codes = np.arange(predicted.shape[1])
    said = predicted.argmax(axis=1)
    figures: Figures = {
        "log_loss": lambda: metrics.log_loss(truth, predicted, labels=codes),
        "accuracy": lambda: metrics.accuracy_score(truth, said),
        "f1_macro": lambda: metrics.f1_score(truth, said, average="macro", zero_division=0.0),
    }
    if len(np.unique(truth)) == len(codes):
        figures["roc_auc"] = lambda: metrics.roc_auc_score(truth, predicted, multi_class="ovr", labels=codes)
        figures["balanced_accuracy"] = lambda: metrics.balanced_accuracy_score(truth, said)
    return figures


def _regression(truth: Numbers, predicted: Numbers) -> Figures:
    error = predicted - truth
    spread = float(np.sum((truth - truth.mean()) ** 2))
    figures: Figures = {
        "rmse": lambda: float(np.sqrt(np.mean(error**2))),
        "mae": lambda: float(np.mean(np.abs(error))),
    }
    if spread > 0:
        figures["r2"] = lambda: 1 - float(np.sum(error**2)) / spread
    return figures


def _figures(task: Task, truth: Numbers, predicted: Numbers) -> Figures:
    if task == "regression":
        return _regression(truth, predicted)
    if task == "binary":
        return _binary(truth, predicted[:, 1])
    return _multiclass(truth, predicted)


def evaluate(task: Task, truth: Numbers, predicted: Numbers) -> dict[str, float]:
    """Return the metrics of the rows; one that is undefined there (a single class, no spread) is left out."""
    return {name: float(figure()) for name, figure in sorted(_figures(task, truth, predicted).items())}


def figure(name: str, task: Task, truth: Numbers, predicted: Numbers) -> float:
    """Return one of them alone, which `evaluate` has found to be defined for these rows."""
    return float(_figures(task, truth, predicted)[name]())


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
