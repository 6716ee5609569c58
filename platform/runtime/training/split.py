"""Parting rows into training, validation and test: by time, by group, or by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from runtime.failures import WorkloadFailure
from runtime.training.columns import Numbers, feature_type, plain, seconds
from runtime.training.moments import moment
from runtime.training.spec import SplitSpec
from runtime.training.targets import PreparedTarget

MIN_TRAIN_ROWS = 20
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Row numbers of each part, ascending and disjoint; rows without a time are in none."""

    train: Rows
    validation: Rows
    test: Rows

    def sizes(self) -> dict[str, int]:
        return {"train": len(self.train), "validation": len(self.validation), "test": len(self.test)}


def _from_labels(labels: npt.NDArray[np.int8]) -> Split:
    return Split(*(np.flatnonzero(labels == part) for part in range(3)))


def _by_time(spec: SplitSpec, table: pa.Table) -> Split:
    column = str(spec.column)
    if feature_type(column, table.column(column).type) != "timestamp":
        raise WorkloadFailure(f"The split is by time, but column {column!r} holds no times.")
    at = seconds(table.column(column))
    test_start = moment("test_start", spec.test_start)
    before = np.sort(at[at < test_start])
    if not len(before):
        raise WorkloadFailure(f"No row lies before {spec.test_start}, so the split leaves nothing to train on.")
    if spec.validation_start is not None:
        validation_start = moment("validation_start", spec.validation_start)
    else:
        validation_start = before[min(int(len(before) * (1 - spec.validation_fraction)), len(before) - 1)]
    labels = np.where(at >= test_start, 2, np.where(at >= validation_start, 1, 0)).astype(np.int8)
    labels[np.isnan(at)] = -1
    return _from_labels(labels)


def _by_group(spec: SplitSpec, table: pa.Table, seed: int) -> Split:
    groups = plain(table.column(str(spec.column))).combine_chunks().dictionary_encode()
    places = groups.indices.fill_null(len(groups.dictionary)).to_numpy(zero_copy_only=False)
    names = np.argsort(np.array([str(value) for value in [*groups.dictionary.to_pylist(), None]]), kind="stable")
    names = names[np.isin(names, places)]
    if len(names) < 3:
        raise WorkloadFailure(
            f"Column {spec.column!r} has {len(names)} groups; a split by group needs three at least, one for each part."
        )
    shuffled = np.random.default_rng(seed).permutation(names)
    counts = np.bincount(places, minlength=len(groups.dictionary) + 1)[shuffled]
    share = np.cumsum(counts) / counts.sum()
    test = min(max(int(np.searchsorted(share, spec.test_fraction)), 0) + 1, len(names) - 2)
    rest = spec.test_fraction + (1 - spec.test_fraction) * spec.validation_fraction
    validation = min(max(int(np.searchsorted(share, rest)) + 1, test + 1), len(names) - 1)
    part = np.zeros(len(groups.dictionary) + 1, dtype=np.int8)
    part[shuffled[:test]] = 2
    part[shuffled[test:validation]] = 1
    return _from_labels(part[places])


def _by_chance(spec: SplitSpec, strata: Numbers, seed: int) -> Split:
    """Part every stratum by the same fractions, so that a rare class is found in every part if it can be."""
    generator = np.random.default_rng(seed)
    labels = np.zeros(len(strata), dtype=np.int8)
    for stratum in np.unique(strata):
        rows = generator.permutation(np.flatnonzero(strata == stratum))
        test = round(len(rows) * spec.test_fraction)
        validation = round((len(rows) - test) * spec.validation_fraction)
        labels[rows[:test]] = 2
        labels[rows[test : test + validation]] = 1
    return _from_labels(labels)


def split_rows(spec: SplitSpec, table: pa.Table, target: PreparedTarget, seed: int) -> Split:
    """Part the rows and refuse a split that cannot be learned from."""
    if spec.column is not None and spec.column not in table.column_names:
        raise WorkloadFailure(f"The split is by column {spec.column!r}, which the training set does not have.")
    if spec.kind == "time":
        split = _by_time(spec, table)
    elif spec.kind == "group":
        split = _by_group(spec, table, seed)
    else:
        strata = target.values if target.target.classes else np.zeros(len(target.values))
        split = _by_chance(spec, strata, seed)
    _check(spec, split)
    if target.target.classes:
        _check_classes(split, target)
    elif len(np.unique(target.values[split.train])) == 1:
        raise WorkloadFailure("The target is constant in the training rows; move the split or choose another target.")
    return split


def _check(spec: SplitSpec, split: Split) -> None:
    if len(split.train) < MIN_TRAIN_ROWS:
        raise WorkloadFailure(
            f"The split leaves {len(split.train)} training rows, {MIN_TRAIN_ROWS} are needed. Add data or move it."
        )
    for part, rows in (("test", split.test), ("validation", split.validation)):
        if not len(rows):
            bound = f"test_start {spec.test_start}" if spec.kind == "time" else f"the split by {spec.kind}"
            raise WorkloadFailure(f"No {part} rows are left by {bound}; move the split so that each part has rows.")


def _check_classes(split: Split, target: PreparedTarget) -> None:
    name, classes = target.target.name, target.target.classes
    known = set(np.unique(target.values[split.train]))
    if len(known) == 1:
        raise WorkloadFailure(
            f"All training rows have {name!r} = {classes[int(known.pop())]!r}; move the split or choose another target."
        )
    for part, rows in (("validation", split.validation), ("test", split.test)):
        unseen = sorted(set(np.unique(target.values[rows])) - known)
        if unseen:
            raise WorkloadFailure(
                f"The class {classes[int(unseen[0])]!r} of {name!r} occurs in the {part} rows but in no training row; "
                "move the split, or leave that class out."
            )
