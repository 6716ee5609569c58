"""Comparing the ONNX copy with the original on rows that neither was fitted on."""

from __future__ import annotations

from typing import Any

import numpy as np

from runtime.encoder import Matrix
from runtime.serving.sessions import onnx_session
from runtime.training.columns import Numbers

# Relative to the largest prediction, but at least to one; float32 sums of some hundred trees stay far below.
TOLERANCE = 1e-5


def compare_onnx(model: bytes, x: Matrix, expected: Numbers) -> dict[str, Any]:
    """Return onnx_report.json: largest absolute difference over the rows, and whether it stays within the tolerance."""
    answers = onnx_session(model).run(["predicted"], {"x": x})[0].astype(np.float64)
    difference = float(np.max(np.abs(answers.reshape(expected.shape) - expected)))
    tolerance = TOLERANCE * max(1.0, float(np.max(np.abs(expected))))
    # Not `<=` alone: a NaN in either answer makes the difference NaN, and NaN is never equal.
    return {"rows": len(x), "max_abs_diff": difference, "equal": bool(difference <= tolerance), "tolerance": tolerance}


def absent_report(reason: str) -> dict[str, Any]:
    return {"rows": 0, "max_abs_diff": None, "equal": False, "tolerance": TOLERANCE, "reason": reason}
