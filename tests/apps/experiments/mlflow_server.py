"""A real MLflow server for the session, as the launcher starts it: its own database, a Unix socket, workspaces on."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2
from psycopg import sql

from runtime.service_tokens import write_callers
from tests.support import servers

ROOT = Path(__file__).resolve().parents[3]
READY_WITHIN_S = 120


class MlflowServerProcess:
    def __init__(self, name: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sanad-mlf-"))
        self.socket = self.folder / "mlflow.sock"
        self.database = f"mlflow_{name}"
        with servers.owner_connection("sanad") as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.database)))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.database)))
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        url = re.sub(r"@/[^?]+\?", f"@/{self.database}?", os.environ["DATABASE_OWNER_URL"])
        command = [
            *(sys.executable, "-m", "runtime.tracking_server", "--socket", str(self.socket)),
            *("--artifacts", f"file://{self.folder}/artifacts"),
        ]
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "platform"),
            "HOME": str(self.folder),
            "SANAD_CALLERS": str(self.folder / "callers.json"),
            "MLFLOW_BACKEND_STORE_URI": "postgresql+psycopg://" + url.split("://", 1)[1],
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "DO_NOT_TRACK": "true",
        }
        write_callers(self.folder / "callers.json", [os.environ["SANAD_SECRET_KEY"]], "mlflow", ["portal"])
        with (self.folder / "log").open("wb") as log:
            return subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)

    def wait(self) -> None:
        """Return when it answers; the first requests of a session are worth the wait."""
        until = time.monotonic() + READY_WITHIN_S
        transport = httpx2.HTTPTransport(uds=str(self.socket))
        with httpx2.Client(transport=transport, base_url="http://localhost", headers={"Host": "localhost"}) as client:
            while not self._answers(client):
                if time.monotonic() > until or self.process.poll() is not None:
                    raise TimeoutError((self.folder / "log").read_text()[-3000:])
                time.sleep(0.1)

    def _answers(self, client: httpx2.Client) -> bool:
        try:
            return client.get("/health").status_code == 200
        except httpx2.TransportError:
            return False

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
