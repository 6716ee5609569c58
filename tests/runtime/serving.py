"""A running inference server for the tests: the real process on a Unix socket, spoken to over HTTP."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from runtime.signature import write_signature

KEY = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
SOURCE = Path(__file__).resolve().parents[2] / "platform"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=20)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def sign(directory: Path, at: Path) -> Path:
    """Copy a model, sign the copy, and return where it lies; its public key is beside it."""
    target = at / "model"
    shutil.copytree(directory, target)
    write_signature(target, KEY, {"model": "m", "version": 1})
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (at / "public.pem").write_bytes(pem)
    return target


def environment(at: Path, **changes: str) -> dict[str, str]:
    given = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SOURCE),
        "SANAD_MODEL_DIR": str(at / "model"),
        "SANAD_MODEL_NAME": "m",
        "SANAD_MODEL_VERSION": "1",
        "SANAD_SERVICE_SOCKET": str(at / "s.sock"),
        "SANAD_SIGNING_PUBLIC_KEY": str(at / "public.pem"),
        "SANAD_MAX_BODY_BYTES": "200000",
    }
    return given | changes


class Server:
    """Started with `at` as a short folder that holds model/ and public.pem; stop() ends it."""

    def __init__(self, at: Path, **changes: str) -> None:
        self.socket = str(at / "s.sock")
        command = [sys.executable, "-m", "runtime.serve"]
        self.process = subprocess.Popen(
            command, env=environment(at, **changes), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        until = time.monotonic() + 60
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError(self.process.communicate()[0])
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            return self.get("/v2/health/ready")[0] == 200
        except OSError:
            return False

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        connection = UnixConnection(self.socket)
        sent = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        try:
            connection.request(method, path, sent, {"content-type": "application/json", **headers})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def get(self, path: str) -> tuple[int, Any]:
        return self.call("GET", path)

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        return self.call("POST", path, body, **headers)

    def stop(self) -> str:
        self.process.terminate()
        return str(self.process.communicate(timeout=20)[0])
