"""A small Transit engine that really encrypts: no Vault can be installed from a package index.

It keeps to what Vault does, to its refusals as well: keys are made where an encryption names one that is missing, a key
is deleted only after its configuration allows it, a wrong token is answered 403, a missing key 404 or, in encryption
and decryption, 400. `calls` is what was asked; tests hold both sides against the documentation.
"""

from __future__ import annotations

import base64
import json
import os
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1, SHA224, SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap_with_padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_HASHES = {"SHA1": SHA1, "SHA224": SHA224, "SHA256": SHA256, "SHA384": SHA384, "SHA512": SHA512}


@dataclass
class _Key:
    secret: bytes
    imported: bool = False
    deletable: bool = False
    made: int = field(default_factory=lambda: int(time.time()))


@dataclass(frozen=True)
class Call:
    """One request and its answer, as they went over the wire."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    status: int
    answer: dict[str, Any]


class _Refused(Exception):
    def __init__(self, status: int, *errors: str) -> None:
        super().__init__(*errors)
        self.status, self.errors = status, list(errors)


class Transit:
    """Transit under `/v1/<mount>/`, on loopback; `close` ends it."""

    def __init__(self, *, token: str, mount: str = "transit") -> None:
        self.token, self.mount = token, mount
        self.keys: dict[str, _Key] = {}
        self.calls: list[Call] = []
        self.sealed = False
        self._opener = generate_private_key(public_exponent=65537, key_size=4096)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def ask(self, method: str, address: str, headers: dict[str, str], body: dict[str, Any]) -> tuple[int, dict]:
        beginning = f"/v1/{self.mount}/"
        path = address.removeprefix(beginning).split("?")[0]
        try:
            with self._lock:
                self._check(address, beginning, headers)
                answer = self._answer(method, path, body)
            status = 200 if answer else 204
        except _Refused as refusal:
            status, answer = refusal.status, {"errors": refusal.errors}
        self.calls.append(Call(method, path, headers, body, status, answer))
        return status, answer

    def _check(self, address: str, beginning: str, headers: dict[str, str]) -> None:
        if self.sealed:
            raise _Refused(503, "Vault is sealed")
        if headers.get("x-vault-token") != self.token:
            raise _Refused(403, "permission denied")
        if not address.startswith(beginning):
            raise _Refused(404, f'no handler for route "{address}". route entry not found.')

    def _answer(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        for kind, pattern, act in (
            ("LIST", r"keys", self._list),
            ("GET", r"wrapping_key", self._wrapping_key),
            ("POST", r"keys/([\w.-]+)/import", self._import),
            ("POST", r"keys/([\w.-]+)/config", self._configure),
            ("POST", r"keys/([\w.-]+)", self._make),
            ("GET", r"keys/([\w.-]+)", self._read),
            ("DELETE", r"keys/([\w.-]+)", self._delete),
            ("POST", r"encrypt/([\w.-]+)", self._encrypt),
            ("POST", r"decrypt/([\w.-]+)", self._decrypt),
        ):
            if method == kind and (found := re.fullmatch(pattern, path)):
                return act(*found.groups(), body)
        raise _Refused(405, "unsupported operation")

    def _list(self, _body: dict[str, Any]) -> dict[str, Any]:
        if not self.keys:
            raise _Refused(404)
        return {"data": {"keys": sorted(self.keys)}}

    def _wrapping_key(self, _body: dict[str, Any]) -> dict[str, Any]:
        public = self._opener.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return {"data": {"public_key": public.decode()}}

    def _make(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("type", "aes256-gcm96") != "aes256-gcm96":
            raise _Refused(400, f"unknown key type {body['type']}")
        self.keys.setdefault(name, _Key(os.urandom(32)))
        return {}

    def _import(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        if name in self.keys:
            raise _Refused(500, "the import path cannot be used with an existing key; use import-version")
        content = base64.b64decode(body["ciphertext"])
        if len(content) <= 512:
            raise _Refused(500, "provided ciphertext is too short")
        algorithm = _HASHES[body.get("hash_function", "SHA256")]
        between = self._opener.decrypt(content[:512], OAEP(mgf=MGF1(algorithm()), algorithm=algorithm(), label=None))
        secret = aes_key_unwrap_with_padding(between, content[512:])
        if len(secret) != 32:
            raise _Refused(500, "invalid key size 32 bytes expected")
        self.keys[name] = _Key(secret, imported=True)
        return {}

    def _configure(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        if name not in self.keys:
            raise _Refused(400, f"no existing key named {name} could be found")
        self.keys[name].deletable = body.get("deletion_allowed", self.keys[name].deletable)
        return {}

    def _read(self, name: str, _body: dict[str, Any]) -> dict[str, Any]:
        if name not in self.keys:
            raise _Refused(404)
        key = self.keys[name]
        never = dict.fromkeys(("derived", "exportable", "allow_plaintext_backup", "supports_signing"), False)
        always = dict.fromkeys(("supports_encryption", "supports_decryption", "supports_derivation"), True)
        return {
            "data": {
                **never,
                **always,
                "name": name,
                "type": "aes256-gcm96",
                "deletion_allowed": key.deletable,
                "keys": {"1": key.made},
                "min_decryption_version": 1,
                "min_encryption_version": 0,
                "imported_key": key.imported,
            }
        }

    def _delete(self, name: str, _body: dict[str, Any]) -> dict[str, Any]:
        if name not in self.keys:
            raise _Refused(400, f"error deleting policy {name}: could not delete key; not found")
        if not self.keys[name].deletable:
            raise _Refused(400, f"error deleting policy {name}: deletion is not allowed for this key")
        del self.keys[name]
        return {}

    def _encrypt(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        if "plaintext" not in body:
            raise _Refused(400, "missing plaintext to encrypt")
        key = self.keys.setdefault(name, _Key(os.urandom(32)))
        nonce, bound = os.urandom(12), base64.b64decode(body.get("associated_data", ""))
        sealed = nonce + AESGCM(key.secret).encrypt(nonce, base64.b64decode(body["plaintext"]), bound)
        return {"data": {"ciphertext": f"vault:v1:{base64.b64encode(sealed).decode()}", "key_version": 1}}

    def _decrypt(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        if not body.get("ciphertext"):
            raise _Refused(400, "missing ciphertext to decrypt")
        if name not in self.keys:
            raise _Refused(400, "encryption key not found")
        version, found, content = body["ciphertext"].partition("vault:v1:")[0], *body["ciphertext"].split("vault:v1:")
        if version or found:
            raise _Refused(400, "invalid ciphertext: no prefix")
        try:
            sealed = base64.b64decode(content, validate=True)
            bound = base64.b64decode(body.get("associated_data", ""))
            clear = AESGCM(self.keys[name].secret).decrypt(sealed[:12], sealed[12:], bound)
        except (InvalidTag, ValueError):
            raise _Refused(400, "cipher: message authentication failed") from None
        return {"data": {"plaintext": base64.b64encode(clear).decode()}}


def _handler(transit: Transit) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, answer = transit.ask(self.command, self.path, headers, body)
            content = json.dumps(answer).encode() if status != 204 else b""
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = do_LIST = _do

        def log_message(self, *_said: object) -> None:
            """Quiet: what was asked is in `calls`."""

    return Handler
