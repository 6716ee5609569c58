"""A portal as small as a workload needs it: a run's specification and data, and a real MLflow behind one socket."""

from __future__ import annotations

import http.client
import http.server
import json
import os
import socketserver
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import pyarrow as pa

TOKEN = "snd_test"


class MlflowServer:
    """A stock MLflow server on a loopback port, with its own store."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        command = [
            *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
            *("--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--serve-artifacts"),
            *("--artifacts-destination", f"{folder}/artifacts", "--default-artifact-root", "mlflow-artifacts:/"),
        ]
        quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
        self._log = (folder / "mlflow.log").open("w")
        self._process = subprocess.Popen(
            command, env={**os.environ, **quiet}, stdout=self._log, stderr=self._log, start_new_session=True
        )
        until = time.monotonic() + 90
        while not self._up():
            assert self._process.poll() is None, (folder / "mlflow.log").read_text()
            assert time.monotonic() < until, "MLflow did not come up"
            time.sleep(0.2)

    def _up(self) -> bool:
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5).status == 200
        except OSError:
            return False

    def stop(self) -> None:
        os.killpg(self._process.pid, 15)
        self._process.wait(30)
        self._log.close()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Portal

    def handle_one_request(self) -> None:
        self.client_address = ("door", 0)
        super().handle_one_request()

    def do_GET(self) -> None:
        if self.path.startswith("/mlflow/"):
            self._forward()
        elif self.headers["authorization"] != f"Bearer {TOKEN}":
            self._answer(403, b"{}")
        elif self.path == "/api/v1/runs/r1/spec":
            self._answer(200, json.dumps(self.server.spec).encode())
        elif self.path == "/api/v1/runs/r1/data":
            self._answer(200, self.server.data)
        else:
            self._answer(404, b"{}")

    do_POST = do_PUT = do_PATCH = do_GET

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        mlflow = http.client.HTTPConnection("127.0.0.1", self.server.mlflow.port, timeout=60)
        headers = {
            name: value for name, value in self.headers.items() if name.lower() not in ("host", "content-length")
        }
        mlflow.request(self.command, self.path.removeprefix("/mlflow"), body, headers)
        answer = mlflow.getresponse()
        self._answer(answer.status, answer.read())
        mlflow.close()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Portal(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Listens on a Unix socket, as the gateway's door does."""

    daemon_threads = True

    def __init__(self, path: Path, mlflow: MlflowServer, spec: dict[str, Any], table: pa.Table) -> None:
        self.mlflow, self.spec = mlflow, spec
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=1000)
        self.data = sink.getvalue().to_pybytes()
        super().__init__(str(path), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()
