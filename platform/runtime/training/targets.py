"""The target column: which task it is, which classes there are, and its numeric form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from runtime.failures import WorkloadFailure
from runtime.schema import ClassName, Target, Task
from runtime.training.columns import Column, Numbers, numbers, plain

MAX_CLASSES = 100
# Whole numbers with more distinct values than this are taken for a quantity, not for class labels.
MAX_INTEGER_CLASSES = 10


@dataclass(frozen=True)
class PreparedTarget:
    """`values` holds class codes 0..k-1 for classification, else the numbers; float64, one per kept row."""

    target: Target
    values: Numbers


def present_rows(column: Column) -> npt.NDArray[np.bool_]:
    """Mark the rows whose target is known: neither null nor NaN."""
    mask: npt.NDArray[np.bool_] = pc.is_valid(column).to_numpy(zero_copy_only=False)
    if pa.types.is_floating(column.type):
        mask = mask & ~np.isnan(column.to_numpy(zero_copy_only=False))
    return mask


def _distinct(name: str, column: Column) -> list[ClassName | float]:
    kind = column.type
    if not len(column):
        raise WorkloadFailure(f"The target {name!r} is empty in every row, so there is nothing to learn.")
    if not (
        pa.types.is_boolean(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
    ):
        raise WorkloadFailure(
            f"The target {name!r} has the type {kind}; it has to be true/false, a text with a few values, or a number."
        )
    if pa.types.is_decimal(kind):
        column = pc.cast(column, pa.float64())
    values: list[ClassName | float] = sorted(pc.unique(column).to_pylist())
    if len(values) == 1:
        raise WorkloadFailure(
            f"The target {name!r} is constant: all {len(column)} rows say {values[0]!r}. Choose another, or more data."
        )
    return values


def _is_whole(values: list[ClassName | float]) -> bool:
    return all(isinstance(value, int) or (isinstance(value, float) and value.is_integer()) for value in values)


def infer_task(name: str, values: list[ClassName | float]) -> Task:
    """Two distinct values are binary, a few whole numbers or texts are classes, the rest is a number."""
    if len(values) == 2 and (isinstance(values[0], bool | str) or _is_whole(values)):
        return "binary"
    if isinstance(values[0], str):
        if len(values) > MAX_CLASSES:
            raise WorkloadFailure(
                f"The target {name!r} has {len(values)} different texts; at most {MAX_CLASSES} can be classes."
            )
        return "multiclass"
    return "multiclass" if _is_whole(values) and len(values) <= MAX_INTEGER_CLASSES else "regression"


def _check_task(name: str, task: str, values: list[ClassName | float]) -> Task:
    if task == "auto":
        return infer_task(name, values)
    if task == "regression":
        if isinstance(values[0], str):
            raise WorkloadFailure(f"The target {name!r} is text; regression needs a number.")
        return "regression"
    if task == "binary" and len(values) != 2:
        raise WorkloadFailure(
            f"The target {name!r} has {len(values)} different values; a binary task needs exactly two."
        )
    if task not in ("binary", "multiclass"):
        raise WorkloadFailure(f"The task {task!r} is unknown; choose auto, binary, multiclass or regression.")
    if len(values) > MAX_CLASSES:
        raise WorkloadFailure(
            f"The target {name!r} has {len(values)} different values; at most {MAX_CLASSES} can be classes."
        )
    return "binary" if len(values) == 2 else "multiclass"


def prepare_target(name: str, column: Column, task: str, positive: ClassName | None = None) -> PreparedTarget:
    """Turn the target of the kept rows into numbers; the last class is the positive one of a binary task."""
    column = plain(column)
    values = _distinct(name, column)
    kind = _check_task(name, task, values)
    if kind == "regression":
        return PreparedTarget(Target(name, kind), numbers(column))
    if positive is not None:
        if positive not in values:
            raise WorkloadFailure(f"The positive class {positive!r} does not occur in the target {name!r}.")
        values = [*(value for value in values if value != positive), positive]
    codes = {value: float(code) for code, value in enumerate(values)}
    coded = np.array([codes[value] for value in column.to_pylist()])
    classes = tuple(int(value) if isinstance(value, float) else value for value in values)
    return PreparedTarget(Target(name, kind, classes), coded)
