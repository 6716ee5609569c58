"""The environment of a workload, read in one place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runtime.failures import WorkloadFailure

MAX_BODY_BYTES = 8 * 1024 * 1024


def environment() -> Mapping[str, str]:
    return os.environ


def _required(name: str) -> str:
    value = environment().get(name, "")
    if not value:
        raise WorkloadFailure(f"The environment variable {name} is missing; the engine that starts this has to set it.")
    return value


@dataclass(frozen=True)
class TrainConfig:
    url: str
    token: str
    run_id: str
    mlflow_run_id: str

    @classmethod
    def from_environment(cls) -> TrainConfig:
        return cls(
            url=_required("SANAD_URL").rstrip("/"),
            token=_required("SANAD_TOKEN"),
            run_id=_required("SANAD_RUN_ID"),
            mlflow_run_id=_required("MLFLOW_RUN_ID"),
        )


@dataclass(frozen=True)
class ServeConfig:
    model_dir: Path
    name: str
    version: str
    socket: str
    public_key: Path
    max_body_bytes: int
    # Whom it answers; whoever reaches its socket where nobody says, as a bench of the server alone does.
    callers: Path | None = None
    # By which the store of features is reached; empty where this model looks nothing up.
    store: str = ""

    @classmethod
    def from_environment(cls) -> ServeConfig:
        limit = environment().get("SANAD_MAX_BODY_BYTES", str(MAX_BODY_BYTES))
        if not limit.isdigit():
            raise WorkloadFailure(f"SANAD_MAX_BODY_BYTES is {limit!r}; it has to be a whole number of bytes.")
        return cls(
            model_dir=Path(_required("SANAD_MODEL_DIR")),
            name=_required("SANAD_MODEL_NAME"),
            version=_required("SANAD_MODEL_VERSION"),
            socket=_required("SANAD_SERVICE_SOCKET"),
            public_key=Path(_required("SANAD_SIGNING_PUBLIC_KEY")),
            max_body_bytes=int(limit),
            callers=Path(named) if (named := environment().get("SANAD_CALLERS")) else None,
            store=environment().get("SANAD_STORE_SOCKET", ""),
        )
