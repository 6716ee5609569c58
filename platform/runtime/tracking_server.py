"""MLflow's tracking server, for the portal alone: python -m runtime.tracking_server --socket PATH --artifacts URI

What `mlflow server --serve-artifacts --enable-workspaces` does, in one process instead of two, with service tokens
before it: MLflow itself believes whoever reaches its socket. SANAD_CALLERS names the file of the keys
(runtime.service_tokens), and MLFLOW_BACKEND_STORE_URI the database.
"""

from __future__ import annotations

import argparse
import os
import sys
import uuid
from pathlib import Path

import uvicorn

from runtime.guard import App, Guarded
from runtime.loading import at_rest
from runtime.service_tokens import Receiver, read_callers

# Probes ask for it before any key is at hand.
OPEN = frozenset({"/health"})


def guarded(receiver: Receiver, *, artifacts: str) -> App:
    """MLflow's application over its database, behind the receiver."""
    from mlflow.environment_variables import (
        _MLFLOW_SERVER_BOOT_ID,
        _MLFLOW_SGI_NAME,
        MLFLOW_ENABLE_WORKSPACES,
    )
    from mlflow.server import constants
    from mlflow.utils.server_cli_utils import resolve_default_artifact_root

    database = os.environ["MLFLOW_BACKEND_STORE_URI"]
    root = resolve_default_artifact_root(True, "", database)
    # Read when the application is imported, so they are told before.
    os.environ |= {
        constants.BACKEND_STORE_URI_ENV_VAR: database,
        constants.REGISTRY_STORE_URI_ENV_VAR: database,
        constants.ARTIFACT_ROOT_ENV_VAR: root,
        constants.SERVE_ARTIFACTS_ENV_VAR: "true",
        constants.ARTIFACTS_DESTINATION_ENV_VAR: artifacts,
        MLFLOW_ENABLE_WORKSPACES.name: "true",
        _MLFLOW_SERVER_BOOT_ID.name: uuid.uuid4().hex,
        _MLFLOW_SGI_NAME.name: "uvicorn",
    }
    from mlflow.server.handlers import initialize_backend_stores

    initialize_backend_stores(database, database, root)
    from mlflow.server.fastapi_app import app

    return Guarded(app, receiver, OPEN)


def main(arguments: list[str] | None = None) -> int:
    reading = argparse.ArgumentParser(prog="python -m runtime.tracking_server")
    reading.add_argument("--socket", required=True)
    reading.add_argument("--artifacts", required=True)
    told = reading.parse_args(arguments)
    try:
        receiver = read_callers(Path(os.environ.get("SANAD_CALLERS", "")))
    except (OSError, ValueError, KeyError) as error:
        print(f"SANAD_CALLERS names no file of callers that can be read: {error}", file=sys.stderr)
        return 2
    with at_rest():
        application = guarded(receiver, artifacts=told.artifacts)
    uvicorn.run(application, uds=told.socket, access_log=False, log_level="info")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
