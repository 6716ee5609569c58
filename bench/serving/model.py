"""The model that is served on every side: gradient boosting on the 569 real cases of breast cancer, 30 features."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sklearn.datasets import load_breast_cancer
from threadpoolctl import threadpool_limits

from runtime.signature import write_signature
from runtime.training.flow import train
from runtime.training.spec import read_spec

NAME = "tumours"
# So many different rows are asked for in turn, so that nobody answers from a cache.
ROWS = 64


@dataclass(frozen=True)
class Served:
    """A trained, signed model directory and the rows to ask it for."""

    directory: Path
    public_key: Path
    columns: list[str]
    rows: list[list[float]]

    def bodies(self) -> list[bytes]:
        """One row each, as MLflow's scoring protocol and ours take it alike."""
        frames = ({"dataframe_split": {"columns": self.columns, "data": [row]}} for row in self.rows)
        return [json.dumps(frame).encode() for frame in frames]


def make_model(folder: Path) -> Served:
    """Train with the product's own trainer and sign as the registry does."""
    frame = load_breast_cancer(as_frame=True).frame.rename(columns=lambda name: name.replace(" ", "_"))
    directory = folder / "model"
    with threadpool_limits(1):
        train(
            read_spec(_document(list(frame.columns))),
            pa.Table.from_pandas(frame, preserve_index=False),
            directory,
            lambda number, figures: None,
            lambda line: None,
        )
    report = json.loads((directory / "sanad" / "onnx_report.json").read_text())
    if report["equal"] is not True:
        raise ValueError(f"The ONNX copy differs from the original, so the sides are not comparable: {report}")
    key = Ed25519PrivateKey.generate()
    write_signature(directory, key, {"model": NAME, "version": 1})
    public = folder / "public.pem"
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    features = [name for name in frame.columns if name != "target"]
    return Served(directory, public, features, frame[features].head(ROWS).to_numpy().tolist())


def _document(columns: list[str]) -> dict[str, Any]:
    roles = [{"name": name, "role": "label" if name == "target" else "feature"} for name in columns]
    return {
        "recipe": "hist_gradient_boosting",
        "params": {},
        "seed": 7,
        "task": "auto",
        "columns": roles,
        "target": "target",
        "split": {"kind": "random", "test_fraction": 0.2},
        "data": {"digest": "0" * 64},
    }
