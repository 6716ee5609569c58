"""The inference server: verifies the signature, loads the model, answers. Start: python -m runtime.serve

Ends with 3 when the model is not what was signed, with 1 on every other reason; the last line says why.
"""

from __future__ import annotations

import socket
from pathlib import Path

import uvicorn

from runtime.config import ServeConfig
from runtime.failures import WorkloadFailure, announce
from runtime.guard import App, Guarded
from runtime.service_tokens import read_callers
from runtime.serving.app import InferenceApp
from runtime.serving.loading import load_model
from runtime.serving.lookups import Lookups
from runtime.signature import SignatureRefused

REFUSED = 3
BACKLOG = 1024
STOP_SECONDS = 2


def listening_socket(address: str) -> socket.socket:
    """Return the socket to serve on: `fd:N` names one that the engine has bound already, else it is a path."""
    if address.startswith("fd:"):
        return socket.socket(fileno=int(address.removeprefix("fd:")))
    path = Path(address.removeprefix("unix:"))
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen(BACKLOG)
    # The folder decides who may come in; see the engine that mounts it.
    path.chmod(0o666)
    return listener


def serve(config: ServeConfig) -> None:
    model = load_model(config.model_dir, config.public_key.read_bytes())
    lookups = Lookups(model.schema.features, config.store) if config.store else None
    app: App = InferenceApp(model, config.name, config.version, config.max_body_bytes, lookups)
    if config.callers is not None:
        app = Guarded(app, read_callers(config.callers, standing=True))
    listener = listening_socket(config.socket)
    print(f"Serving {config.name} version {config.version} with {model.predictor.engine}.", flush=True)
    settings = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        server_header=False,
        log_level="warning",
        # A client that keeps its connection open may not keep the server alive.
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    uvicorn.Server(settings).run(sockets=[listener])


def main() -> int:
    try:
        serve(ServeConfig.from_environment())
    except SignatureRefused as refusal:
        announce(f"The model was not loaded. {refusal.sentence}")
        return REFUSED
    except WorkloadFailure as failure:
        announce(failure.sentence)
        return 1
    except (OSError, ValueError, KeyError) as error:
        announce(f"The model could not be loaded: {type(error).__name__}: {error}")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
