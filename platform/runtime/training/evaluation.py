"""Measuring a fitted model: parts, slices, importance of the features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from runtime.encoder import Matrix
from runtime.failures import WorkloadFailure
from runtime.figures import MORE_IS_BETTER, ranked
from runtime.schema import Feature, Task
from runtime.training.columns import Numbers, feature_type, numbers, seconds
from runtime.training.metrics import evaluate, figure
from runtime.training.moments import moment
from runtime.training.spec import SliceSpec

SAMPLE_ROWS = 4000
REPEATS = 3


def slice_rows(spec: SliceSpec, test: pa.Table) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Mark the test rows with from <= value < to; the column holds times or numbers."""
    if spec.column not in test.column_names:
        raise WorkloadFailure(
            f"The slice {spec.name!r} is by column {spec.column!r}, which the training set does not have."
        )
    column = test.column(spec.column)
    kind = feature_type(spec.column, column.type)
    if kind not in ("timestamp", "number", "integer"):
        raise WorkloadFailure(
            f"The slice {spec.name!r} is by column {spec.column!r}, which holds neither times nor numbers."
        )
    is_time = kind == "timestamp"
    values = seconds(column) if is_time else numbers(column)

    def bound(name: str, given: str | float | None, otherwise: float) -> float:
        if given is None:
            return otherwise
        return moment(f"{name} of the slice {spec.name!r}", given) if is_time else float(given)

    inside = (values >= bound("from", spec.start, -np.inf)) & (values < bound("to", spec.end, np.inf))
    return np.asarray(inside, dtype=np.bool_)


def evaluate_slices(
    slices: Sequence[SliceSpec], test: pa.Table, task: Task, truth: Numbers, predicted: Numbers
) -> dict[str, dict[str, float]]:
    """Return {slice: metrics and rows}; a slice without test rows has the row count alone."""
    figures: dict[str, dict[str, float]] = {}
    for spec in slices:
        rows = slice_rows(spec, test)
        found = evaluate(task, truth[rows], predicted[rows]) if rows.any() else {}
        figures[spec.name] = {**found, "rows": int(rows.sum())}
    return figures


def permutation_importance(
    predict: Callable[[Matrix], Numbers], features: Sequence[Feature], x: Matrix, truth: Numbers, task: Task, seed: int
) -> dict[str, Any]:
    """Say how much the main metric suffers when one feature's values are shuffled among a sample of the test rows."""
    generator = np.random.default_rng(seed)
    if len(x) > SAMPLE_ROWS:
        rows = np.sort(generator.choice(len(x), SAMPLE_ROWS, replace=False))
        x, truth = x[rows], truth[rows]
    figures = evaluate(task, truth, predict(x))
    metric = ranked(figures, task)[0]  # the next most telling one where the sample leaves the first undefined
    sign = 1.0 if MORE_IS_BETTER[metric] else -1.0
    baseline = figures[metric]
    entries = []
    column = 0
    for feature in features:
        width = len(feature.columns)
        drops = []
        for _ in range(REPEATS):
            shuffled = x.copy()
            shuffled[:, column : column + width] = x[generator.permutation(len(x)), column : column + width]
            drops.append(sign * (baseline - figure(metric, task, truth, predict(shuffled))))
        entries.append({"name": feature.name, "importance": float(np.mean(drops)), "std": float(np.std(drops))})
        column += width
    entries.sort(key=lambda entry: (-entry["importance"], entry["name"]))  # type: ignore[operator]
    return {"metric": metric, "baseline": baseline, "rows": len(x), "repeats": REPEATS, "features": entries}
