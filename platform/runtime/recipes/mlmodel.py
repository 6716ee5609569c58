"""MLmodel and the files beside it, as stock MLflow writes and reads them: mlflow.sklearn and mlflow.onnx load them.

MLflow itself is not asked to: importing it costs more than a small model's whole learning, and each save looks through
every package of the environment for its requirements, which are known here.
"""

from __future__ import annotations

import json
import platform
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

# The layout written here is that of this version.
MLFLOW_VERSION = "3.17.2"
_ENVIRONMENT = {"conda": "conda.yaml", "virtualenv": "python_env.yaml"}


def write_mlmodel(
    directory: Path,
    flavors: Mapping[str, Mapping[str, Any]],
    requirements: Sequence[str],
    signature: Mapping[str, str | None] | None = None,
) -> None:
    """Write what MLflow reads into a directory that holds the model's own files already.

    `flavors` has one entry for the library and "python_function", to which interpreter and environment are added.
    """
    size = sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
    python = {**flavors["python_function"], "env": _ENVIRONMENT, "python_version": platform.python_version()}
    document: dict[str, Any] = {
        "flavors": {**flavors, "python_function": python},
        "mlflow_version": MLFLOW_VERSION,
        "model_id": None,
        "model_size_bytes": size,
        "model_uuid": uuid.uuid4().hex,
        "prompts": None,
        "utc_time_created": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
    }
    if signature is not None:
        hints = {"is_signature_from_type_hint": False, "type_hint_from_example": False}
        document |= {"signature": dict(signature), **hints}
    _write(directory / "MLmodel", document)
    _write_environment(directory, requirements)


def _write_environment(directory: Path, requirements: Sequence[str]) -> None:
    """The three ways in which MLflow says what a model needs: for pip, for conda, for a virtual environment."""
    (directory / "requirements.txt").write_text("\n".join(requirements))
    python = platform.python_version()
    pip = _installed("pip")
    conda = [f"python={python}", f"pip<={pip}" if pip else "pip", {"pip": list(requirements)}]
    _write(directory / "conda.yaml", {"channels": ["conda-forge"], "dependencies": conda, "name": "mlflow-env"})
    tools = [f"{name}=={version}" for name in ("pip", "setuptools", "wheel") if (version := _installed(name))]
    _write(
        directory / "python_env.yaml",
        {"python": python, "build_dependencies": tools, "dependencies": ["-r requirements.txt"]},
    )


def columns_signature(columns: Sequence[str], answer: str) -> dict[str, str | None]:
    """Float columns by name in, one column of the type `answer` out, in the words of MLflow's schema."""
    inputs = [{"type": "float", "name": name, "required": True} for name in columns]
    return {"inputs": json.dumps(inputs), "outputs": json.dumps([{"type": answer, "required": True}]), "params": None}


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _write(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(document, default_flow_style=False, sort_keys=False, allow_unicode=True))
