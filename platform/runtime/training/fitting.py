"""Learning the encoder from the training rows: types, ranges, and the order of the categories."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runtime.failures import WorkloadFailure
from runtime.schema import Feature
from runtime.training.columns import Column, Numbers, feature_type, numbers, plain, seconds

MAX_CATEGORIES = 1000
# A category's mean is drawn towards the overall mean as if this many average rows had been seen as well.
SMOOTHING = 100.0


def rarest_kept(rows: int) -> int:
    """How many training rows a category needs for a code of its own; below it, it counts as unknown."""
    return max(2, min(50, rows // 500))


def category_order(values: Column, target: Numbers) -> tuple[str | None, ...]:
    """Order the categories by the smoothed mean of the target, so that one split of a tree can part low from high.

    `target` is the number, or the code of the class. None stands where the rare and unknown values belong.
    """
    encoded = pc.dictionary_encode(plain(values)).combine_chunks()
    known = pc.is_valid(encoded.indices).to_numpy(zero_copy_only=False)
    places = pc.fill_null(encoded.indices, 0).to_numpy(zero_copy_only=False)[known]
    names = encoded.dictionary.to_pylist()
    counts = np.bincount(places, minlength=len(names))
    sums = np.bincount(places, weights=target[known], minlength=len(names))
    by_count = sorted(range(len(names)), key=lambda place: (-counts[place], names[place]))
    kept = [place for place in by_count[:MAX_CATEGORIES] if counts[place] >= rarest_kept(len(target))]
    rare = sorted(set(range(len(names))) - set(kept))
    overall = float(np.mean(target)) if len(target) else 0.0

    def smoothed(total: float, count: float) -> float:
        return (total + SMOOTHING * overall) / (count + SMOOTHING)

    ranks: list[tuple[float, str | None]] = [(smoothed(sums[place], counts[place]), names[place]) for place in kept]
    ranks.append((smoothed(float(sums[rare].sum()), float(counts[rare].sum())), None))
    return tuple(name for _, name in sorted(ranks, key=lambda rank: (rank[0], rank[1] is None, rank[1] or "")))


def _fit_feature(name: str, column: Column, everywhere: Column, target: Numbers) -> Feature:
    kind = feature_type(name, column.type)
    nullable = everywhere.null_count > 0
    if kind == "category":
        return Feature(name=name, type=kind, nullable=nullable, order=category_order(column, target))
    values = seconds(column) if kind == "timestamp" else numbers(column)
    values = values[~np.isnan(values)]
    if not len(values):
        return Feature(name=name, type=kind, nullable=True)
    return Feature(name, kind, nullable, minimum=float(values.min()), maximum=float(values.max()))


def fit_features(names: list[str], train: pa.Table, everything: pa.Table, target: Numbers) -> tuple[Feature, ...]:
    """Learn every feature from the training rows; the whole table is asked only whether values are missing."""
    features = tuple(_fit_feature(name, train.column(name), everything.column(name), target) for name in names)
    if all(train.column(name).null_count == train.num_rows for name in names):
        raise WorkloadFailure("Every feature is empty in the training rows, so there is nothing to learn from.")
    return features
