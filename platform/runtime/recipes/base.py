"""What a recipe takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from runtime.encoder import Matrix
from runtime.schema import Feature, Task

Numbers = npt.NDArray[np.float64]
# Hears the number of a step and its figures while the model is being fitted.
OnStep = Callable[[int, Mapping[str, float]], None]


@dataclass(frozen=True)
class TrainingData:
    """Encoded rows (n, width) float32 and targets (n,): class codes 0..k-1, or numbers."""

    task: Task
    classes: int
    features: Sequence[Feature]
    x_train: Matrix
    y_train: Numbers
    x_validation: Matrix
    y_validation: Numbers


class FittedModel(Protocol):
    format: str

    def predict(self, x: Matrix) -> Numbers:
        """Return (n, classes) probabilities, or (n,) numbers for regression."""

    def to_onnx(self) -> bytes:
        """Return an ONNX model: input `x` (n, width) float32, output `predicted` (n, classes) or (n, 1) float32."""

    def save(self, directory: Path, columns: Sequence[str]) -> None:
        """Write MLmodel and the files beside it into an existing, empty directory."""


@dataclass(frozen=True)
class Fit:
    """`validation` holds the predictions for the validation rows by a model that did not see them."""

    model: FittedModel
    validation: Numbers
    details: dict[str, Any] = field(default_factory=dict)
    saw_validation: bool = False


class Recipe(Protocol):
    def fit(self, data: TrainingData, params: Mapping[str, Any], seed: int, on_step: OnStep) -> Fit: ...
