"""Loading a signed model directory: the ONNX copy where it was found equal, else the original."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from runtime.encoder import Matrix
from runtime.schema import SCHEMA_FILE, ModelSchema, Task
from runtime.serving.sessions import onnx_session
from runtime.signature import verify_directory

ONNX_FILE = "sanad/model.onnx"
ONNX_REPORT = "sanad/onnx_report.json"


class Predictor(Protocol):
    engine: str

    def predict(self, x: Matrix) -> npt.NDArray[np.floating[Any]]:
        """Take (n, width) float32; give (n, classes) probabilities, or n numbers for regression."""


class OnnxPredictor:
    engine = "onnxruntime"

    def __init__(self, path: Path) -> None:
        self._run = onnx_session(path.read_bytes()).run

    def predict(self, x: Matrix) -> npt.NDArray[np.floating[Any]]:
        answers: npt.NDArray[np.floating[Any]] = self._run(None, {"x": x})[0]
        return answers


class OriginalPredictor:
    """The model as it was fitted; slower, and heavier to start, but always right."""

    def __init__(self, directory: Path, model_format: str, task: Task) -> None:
        self.engine = model_format
        self.predict = _original(directory, model_format, task).predict


def _original(directory: Path, model_format: str, task: Task) -> Any:
    if model_format == "skops":
        from runtime.recipes.hist_gradient_boosting import MODEL_FILE, HistGradientBoostingModel
        from runtime.recipes.skops_files import read_skops

        return HistGradientBoostingModel(read_skops(directory / MODEL_FILE), task)
    if model_format == "safetensors":
        import torch

        from runtime.recipes.torch_mlp import load_network

        torch.set_num_threads(1)
        return load_network(directory, task)
    raise ValueError(f"The model's format {model_format!r} is unknown to this runtime.")


@dataclass(frozen=True)
class LoadedModel:
    schema: ModelSchema
    document: dict[str, Any]
    predictor: Predictor


def load_model(directory: Path, public_key_pem: bytes) -> LoadedModel:
    """Verify every file first, then load; raises SignatureRefused before anything of the directory is believed."""
    verify_directory(directory, public_key_pem)
    document = json.loads((directory / SCHEMA_FILE).read_bytes())
    schema = ModelSchema.from_json(document)
    report = json.loads((directory / ONNX_REPORT).read_bytes())
    predictor: Predictor
    if report["equal"] is True:
        predictor = OnnxPredictor(directory / ONNX_FILE)
    else:
        predictor = OriginalPredictor(directory, schema.model_format, schema.target.task)
    return LoadedModel(schema, document, predictor)
