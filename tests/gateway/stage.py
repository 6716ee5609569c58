"""Sets up a gateway between a client and fakes, all of them real processes on real sockets."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from runtime.service_tokens import HEADER, Caller, pair_keys, secrets_of

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    all_headers: list[tuple[str, str]] = field(default_factory=list)

    def json(self) -> Any:
        return json.loads(self.body)


def wait_until(condition: Callable[[], Any], within_s: float = 10) -> Any:
    """What the condition says once it says yes."""
    end = time.monotonic() + within_s
    while not (said := condition()):
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)
    return said


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=10)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(10)
        self.sock.connect(str(self._path))


class Stage:
    """Everything of one gateway; `close` ends what was started."""

    def __init__(self, redis_url: str) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="sanad-gw-"))
        self.run = self.home / "run"
        self.run.mkdir(mode=0o700)
        self.port = free_port()
        self.redis_url = redis_url
        self.secret = secrets.token_hex(8)
        self.state_file = self.home / "state.json"
        self.state: dict[str, Any] = {
            "secret": self.secret, "routes_version": 1, "routes": {}, "revoked": [], "keys": {},
        }  # fmt: skip
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.publish()

    # The portal's mind.
    def publish(self, **changes: Any) -> None:
        self.state |= changes
        beside = self.state_file.with_suffix(".new")
        beside.write_text(json.dumps(self.state))
        beside.replace(self.state_file)

    def route(self, name: str = "acme/churn", *, revisions: list[dict[str, Any]], **more: Any) -> None:
        """Serve the route by these revisions from the next poll on."""
        document = {
            "tenant_id": str(uuid.uuid5(uuid.NAMESPACE_URL, name.split("/")[0])),
            "project_id": str(uuid.uuid4()),
            "deployment_id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
            "model": "churn",
            "revisions": revisions,
            "shadow": [],
            "max_body_bytes": 1_000_000,
            "log": True,
            **more,
        }
        routes = {**self.state["routes"], name: document}
        self.publish(routes=routes, routes_version=self.state["routes_version"] + 1)
        if "gateway" in self.processes:
            self.settle()

    def settle(self) -> None:
        """Until the gateway has heard of the newest routes."""
        routes = self.home / "gateway" / "routes.json"
        version = self.state["routes_version"]
        wait_until(lambda: routes.exists() and json.loads(routes.read_text())["routes_version"] == version)

    def key(self, *routes: str, expires_at: str | None = None, networks: tuple[str, ...] = ()) -> str:
        token = "snd_" + secrets.token_urlsafe(32)
        digest = sha256(token.encode()).hexdigest()
        known = {
            "routes": list(routes or ("acme/churn",)),
            "actor": "user:1",
            "expires_at": expires_at,
            "networks": list(networks),
        }
        self.publish(keys={**self.state["keys"], digest: known})
        return token

    def revoke(self, token: str) -> None:
        self.publish(revoked=[*self.state["revoked"], sha256(token.encode()).hexdigest()])

    def events(self) -> list[str]:
        file = self.state_file.with_suffix(".events")
        return file.read_text().splitlines() if file.exists() else []

    # Processes.
    def start_portal(self) -> None:
        self._uvicorn("portal", "portal", self.run / "web.sock", FAKE_STATE=str(self.state_file))

    def start_live(self) -> None:
        self._uvicorn("live", "portal", self.run / "live.sock", FAKE_STATE=str(self.state_file))

    def start_replica(
        self, name: str, number: int = 1, weight: float = 100, attempt: int = 1, secret: str = ""
    ) -> dict[str, Any]:
        """Start it, and describe it as the portal does; with `secret` it hears only who signs under that one."""
        path = self.run / f"{name}.sock"
        guard = {"FAKE_SECRET": secret, "FAKE_RECEIVER": f"replica:id-{name}:{attempt}"} if secret else {}
        self._uvicorn(name, "guarded" if secret else "replica", path, FAKE_NAME=name, **guard)
        address = f"unix:{path}"
        return {"id": f"id-{name}", "number": number, "address": address, "weight": weight, "attempt": attempt}

    def start_gateway(self, **environment: str) -> None:
        given = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "platform"),
            "SANAD_HOME": str(self.home),
            "SANAD_PORT": str(self.port),
            "SANAD_GATEWAY_SECRET": self.secret,
            "REDIS_URL": self.redis_url,
            **environment,
        }
        self._start("gateway", [sys.executable, "-m", "gateway"], given)
        wait_until(lambda: self._listens(("127.0.0.1", self.port)))
        if "portal" in self.processes:
            self.settle()

    def _uvicorn(self, name: str, app: str, path: Path, **environment: str) -> None:
        path.unlink(missing_ok=True)
        command = [sys.executable, "-m", "uvicorn", f"tests.gateway.fakes:{app}", "--uds", str(path)]
        command += ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
        command += ["--lifespan", "off", "--ws", "websockets-sansio"]
        command += ["--factory"] if app == "guarded" else []
        self._start(name, command, {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{ROOT}/platform", **environment})
        wait_until(lambda: self._listens(str(path)))

    def _start(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        with (self.home / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=ROOT)

    def _listens(self, address: Any) -> bool:
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
            return probe.connect_ex(address) == 0

    def stop(self, name: str, number: int = signal.SIGTERM) -> int:
        process = self.processes.pop(name)
        process.send_signal(number)
        return process.wait(20)

    def kill(self, name: str) -> None:
        self.stop(name, signal.SIGKILL)

    def close(self) -> None:
        for name in list(self.processes):
            self.kill(name)
        shutil.rmtree(self.home)

    def log(self, name: str = "gateway") -> str:
        return (self.home / f"{name}.log").read_text()

    # The client.
    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        at: Path | None = None,
    ) -> Answer:
        connection = UnixConnection(at) if at else http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with closing(connection):
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            lines = response.getheaders()
            return Answer(response.status, {name.lower(): value for name, value in lines}, response.read(), lines)

    def infer(
        self, token: str, wish: dict[str, Any] | None = None, headers: dict[str, str] | None = None, **more: Any
    ) -> Answer:
        body = json.dumps(wish or {"inputs": []}).encode()
        lines = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **(headers or {})}
        return self.ask("POST", more.get("path", "/inference/acme/churn/v2/models/churn/infer"), body, lines)

    def raw(self, data: bytes, *, shut: bool = False, within_s: float = 5) -> bytes:
        """What comes back on a bare connection until it is closed or silent."""
        with closing(socket.create_connection(("127.0.0.1", self.port), timeout=within_s)) as wire:
            wire.sendall(data)
            if shut:
                wire.shutdown(socket.SHUT_WR)
            received = b""
            wire.settimeout(1)
            try:
                while chunk := wire.recv(65536):
                    received += chunk
            except TimeoutError:
                return received
            except ConnectionResetError:
                return received
            return received

    def stats(self) -> Any:
        return self.inside("/internal/gateway/stats").json()

    def inside(self, path: str) -> Answer:
        """What the portal asks the gateway on their own socket."""
        caller = Caller("portal", "gateway", pair_keys(secrets_of(self.secret), "portal", "gateway"))
        told = {HEADER: caller.for_request("GET", path)}
        return self.ask("GET", path, headers=told, at=self.run / "gateway-internal.sock")
