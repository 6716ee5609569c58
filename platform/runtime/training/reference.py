"""What the training rows looked like, as histograms for drift: no row and no rare value leaves through this."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runtime.schema import Feature, Target
from runtime.training.columns import Numbers, numbers, plain, seconds

BINS = 20
TOP_CATEGORIES = 50
# A value seen in fewer rows is counted under "other", so that it cannot point at a person.
FEWEST_ROWS = 5


def number_histogram(values: Numbers) -> dict[str, Any]:
    """Return bins of about equal count; values that come later and lie beyond the ends belong to the end bins."""
    known = values[~np.isnan(values)]
    if not len(known):
        return {"edges": [], "counts": [], "missing": len(values), "mean": None, "std": None}
    distinct = np.unique(known)
    if len(distinct) <= BINS:
        middles = (distinct[:-1] + distinct[1:]) / 2
        edges = np.concatenate([distinct[:1], middles, distinct[-1:]])
    else:
        edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)))
    places = np.clip(np.searchsorted(edges, known, side="right") - 1, 0, max(len(edges) - 2, 0))
    counts = np.bincount(places, minlength=max(len(edges) - 1, 1))
    return {
        "edges": edges.tolist(),
        "counts": counts.tolist(),
        "missing": int(len(values) - len(known)),
        "mean": float(known.mean()),
        "std": float(known.std()),
    }


def category_histogram(column: pa.ChunkedArray) -> dict[str, Any]:
    counted = pc.value_counts(plain(column).drop_null()).to_pylist()
    pairs = sorted(((entry["values"], entry["counts"]) for entry in counted), key=lambda pair: (-pair[1], pair[0]))
    shown = [pair for pair in pairs[:TOP_CATEGORIES] if pair[1] >= FEWEST_ROWS]
    return {
        "categories": [value for value, _ in shown],
        "counts": [count for _, count in shown],
        "other": sum(count for _, count in pairs) - sum(count for _, count in shown),
        "missing": column.null_count,
    }


def feature_histogram(feature: Feature, column: pa.ChunkedArray) -> dict[str, Any]:
    if feature.type == "category":
        histogram = category_histogram(column)
    elif feature.type == "boolean":
        histogram = category_histogram(pc.if_else(column, "true", "false"))
    else:
        histogram = number_histogram(seconds(column) if feature.type == "timestamp" else numbers(column))
    return {"type": feature.type, **histogram}


def prediction_histogram(target: Target, predicted: Numbers) -> dict[str, Any]:
    """Return the histogram of what is watched: probability of the positive class, chosen class, or number."""
    if target.task == "regression":
        return {"kind": "value", **number_histogram(predicted)}
    if target.task == "binary":
        edges = np.linspace(0, 1, BINS + 1)
        counts = np.histogram(predicted[:, 1], edges)[0]
        mean, spread = float(predicted[:, 1].mean()), float(predicted[:, 1].std())
        return {"kind": "probability", "edges": edges.tolist(), "counts": counts.tolist(), "mean": mean, "std": spread}
    counts = np.bincount(predicted.argmax(axis=1), minlength=len(target.classes))
    return {"kind": "class", "categories": list(target.classes), "counts": counts.tolist()}


def make_reference(
    features: Sequence[Feature], target: Target, train: pa.Table, predicted: Numbers, held_out: Numbers
) -> dict[str, Any]:
    """Return reference.json; predictions on known rows run to extremes, so those on held-out rows stand beside."""
    return {
        "rows": train.num_rows,
        "features": {feature.name: feature_histogram(feature, train.column(feature.name)) for feature in features},
        "prediction": prediction_histogram(target, predicted),
        "prediction_held_out": prediction_histogram(target, held_out),
    }
