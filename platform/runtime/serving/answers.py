"""From predictions to response bodies. `predicted` is (n, classes), or (n, 1) or (n,) for regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from runtime.schema import ModelSchema

Predicted = npt.NDArray[np.floating[Any]]


class AnswerWriter:
    """Writes the answers of one model: labels and probabilities for classes, numbers for regression."""

    def __init__(self, schema: ModelSchema, name: str, version: str) -> None:
        self._task = schema.target.task
        self._classes = list(schema.target.classes)
        self._name = name
        self._version = version
        kinds = {bool: "BOOL", int: "INT64", str: "BYTES"}
        self.label_type = kinds[type(self._classes[0])] if self._classes else "FP64"

    def labels(self, predicted: Predicted) -> list[Any]:
        if self._task == "regression":
            return list(predicted.reshape(-1).tolist())
        if self._task == "binary":
            negative, positive = self._classes
            return [positive if score >= 0.5 else negative for score in predicted[:, 1].tolist()]
        return [self._classes[code] for code in predicted.argmax(axis=1).tolist()]

    def invocation(self, predicted: Predicted, missing: Sequence[Mapping[str, Any]] = ()) -> bytes:
        """Answer as MLflow does, {"predictions": […]}; classes carry their probabilities beside.

        `missing` are features that were looked up and not found; they are told where there are any.
        """
        answer: dict[str, Any] = {"predictions": self.labels(predicted)}
        if missing:
            answer["missing"] = missing
        if self._classes:
            answer |= {"probabilities": np.ascontiguousarray(predicted), "classes": self._classes}
        return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)

    def infer(self, predicted: Predicted, request_id: Any, missing: Sequence[Mapping[str, Any]] = ()) -> bytes:
        """Answer as the Open Inference Protocol says: the tensors `prediction` and, for classes, `probability`.

        Its parameters are texts: what was looked up and not found is one, in JSON.
        """
        rows = len(predicted)
        outputs: list[dict[str, Any]] = [
            {"name": "prediction", "shape": [rows], "datatype": self.label_type, "data": self.labels(predicted)}
        ]
        if self._classes:
            outputs.append(
                {
                    "name": "probability",
                    "shape": [rows, len(self._classes)],
                    "datatype": "FP64",
                    "parameters": {"classes": self._classes},
                    "data": np.ascontiguousarray(predicted).reshape(-1),
                }
            )
        answer: dict[str, Any] = {"model_name": self._name, "model_version": self._version, "outputs": outputs}
        if isinstance(request_id, str):
            answer["id"] = request_id
        if missing:
            answer["parameters"] = {"missing": orjson.dumps(missing).decode()}
        return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)

    def outputs(self) -> list[dict[str, Any]]:
        """Describe the output tensors for the model's metadata."""
        described: list[dict[str, Any]] = [{"name": "prediction", "datatype": self.label_type, "shape": [-1]}]
        if self._classes:
            described.append({"name": "probability", "datatype": "FP64", "shape": [-1, len(self._classes)]})
        return described
