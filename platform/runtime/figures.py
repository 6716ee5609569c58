"""The one catalogue of a model's figures: which way each is better, and which one decides.

The trainer measures by it, the portal's gates and pages read by it; labels are the portal's alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from runtime.schema import Task

# For each figure whether more is better; the most telling first, which is the order of columns on pages.
MORE_IS_BETTER: dict[str, bool] = {
    "roc_auc": True,
    "log_loss": False,
    "average_precision": True,
    "rmse": False,
    "mae": False,
    "r2": True,
    "f1": True,
    "f1_macro": True,
    "balanced_accuracy": True,
    "accuracy": True,
    "brier": False,
}
# By which importance is measured, gates decide and pages judge. Several classes are judged by the log loss: it weighs
# the probabilities that are served, and is defined on every part, while the area under the curve lacks where a class
# has no row, and accuracy is high already for whoever always names the most frequent class.
PRIMARY: dict[Task, str] = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}
_ORDER = {name: place for place, name in enumerate(MORE_IS_BETTER)}


def task_of(recorded: Iterable[str]) -> Task:
    """The task that these figures were recorded for: each task has one that no other has."""
    names = set(recorded)
    if "rmse" in names:
        return "regression"
    return "multiclass" if "f1_macro" in names else "binary"


def ranked(recorded: Iterable[str], task: Task | None = None) -> list[str]:
    """Those of the recorded figures that are known: the one that decides first, then the most telling."""
    names = set(recorded)
    first = PRIMARY[task or task_of(names)]
    return sorted(names & MORE_IS_BETTER.keys(), key=lambda name: (name != first, _ORDER[name]))
