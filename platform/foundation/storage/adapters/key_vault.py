"""Wrapping secrets as named keys of the Transit engine, in HashiCorp Vault or OpenBao.

Needs a policy with create, read, update and delete on `<mount>/keys/*`, list on `<mount>/keys`, update on
`<mount>/encrypt/*` and `<mount>/decrypt/*`, and read on `<mount>/wrapping_key`.
"""

from __future__ import annotations

import base64
import builtins
import os
import ssl
from dataclasses import dataclass, field
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from foundation.storage.key_ports import KeyStoreAway, SecretMissing, SecretRefused

_TYPE = "aes256-gcm96"
_PATIENCE_S = 5.0


@dataclass(frozen=True)
class VaultPlace:
    """Where Transit answers, and how to show who asks; `ca_file` is empty for the authorities of the system."""

    address: str
    token: str = field(repr=False)
    mount: str = "transit"
    namespace: str = ""
    ca_file: str = ""


class VaultKeyEncryption:
    """Keys never leave Vault: it wraps and unwraps, and forgets a name when it is told to."""

    def __init__(self, place: VaultPlace) -> None:
        self._place = place
        headers = {"X-Vault-Token": place.token, "X-Vault-Request": "true"}
        if place.namespace:
            headers["X-Vault-Namespace"] = place.namespace
        self._headers = headers

    @property
    def mark(self) -> str:
        return f"vault:{self._place.mount.replace('/', '-')}"

    def make(self, name: str, secret: bytes | None = None) -> None:
        if self._ask("GET", f"keys/{name}", absent=True) is not None:
            return
        if secret is None:
            self._ask("POST", f"keys/{name}", {"type": _TYPE})
        else:
            sealed = self._sealed_for_import(secret)
            self._ask("POST", f"keys/{name}/import", {"type": _TYPE, "hash_function": "SHA256", "ciphertext": sealed})

    def wrap(self, name: str, key: bytes, bound: bytes) -> bytes:
        # Transit makes a key that is missing where the token may create: then the name would come back from the dead.
        if self._ask("GET", f"keys/{name}", absent=True) is None:
            raise SecretMissing(name)
        answer = self._ask("POST", f"encrypt/{name}", {"plaintext": _text(key), "associated_data": _text(bound)})
        return str(_found(answer, "ciphertext")).encode()

    def unwrap(self, name: str, wrapped: bytes, bound: bytes) -> bytes:
        body = {"ciphertext": wrapped.decode("ascii", "replace"), "associated_data": _text(bound)}
        response = self._send("POST", f"decrypt/{name}", body)
        if response.status_code == 400:
            if self._ask("GET", f"keys/{name}", absent=True) is None:
                raise SecretMissing(name)
            raise SecretRefused(name)
        return base64.b64decode(str(_found(_read(response), "plaintext")))

    def renew(self, name: str) -> None:
        """Vault wraps its keys itself, and anew when its operator says so."""

    def destroy(self, name: str) -> bool:
        if self._ask("GET", f"keys/{name}", absent=True) is None:
            return False
        self._ask("POST", f"keys/{name}/config", {"deletion_allowed": True})
        self._ask("DELETE", f"keys/{name}")
        return True

    def names(self, prefix: str = "") -> builtins.list[str]:
        answer = self._ask("LIST", "keys", absent=True)
        return sorted(name for name in _found(answer, "keys") if name.startswith(prefix)) if answer else []

    def _sealed_for_import(self, secret: bytes) -> str:
        """RFC 5649 under a key of its own, which only Vault's RSA key opens: as Transit's import wants it."""
        public = load_pem_public_key(str(_found(self._ask("GET", "wrapping_key"), "public_key")).encode())
        if not isinstance(public, RSAPublicKey):
            raise KeyStoreAway("Vault's wrapping key is not an RSA key; look at the version of the Transit engine.")
        between = os.urandom(32)
        opener = public.encrypt(between, OAEP(mgf=MGF1(SHA256()), algorithm=SHA256(), label=None))
        return base64.b64encode(opener + aes_key_wrap_with_padding(between, secret)).decode()

    def _ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, absent: bool = False
    ) -> dict[str, Any] | None:
        """What Vault answers; with `absent`, None where it has nothing of this name."""
        response = self._send(method, path, body)
        if absent and response.status_code == 404:
            return None
        return _read(response)

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx2.Response:
        try:
            with self._connected() as client:
                return client.request(method, f"/v1/{self._place.mount}/{path}", json=body)
        except httpx2.HTTPError as error:
            raise KeyStoreAway(
                f"Vault does not answer at {self._place.address} ({type(error).__name__}); "
                "look at SANAD_VAULT_ADDR, and whether Vault runs and is unsealed."
            ) from error

    def _connected(self) -> httpx2.Client:
        """A connection for one question: they are rare, and none is left to a process that is forked off."""
        return httpx2.Client(
            base_url=self._place.address.rstrip("/"),
            headers=self._headers,
            timeout=_PATIENCE_S,
            verify=ssl.create_default_context(cafile=self._place.ca_file or None),
            follow_redirects=False,
            trust_env=False,
        )


def _read(response: httpx2.Response) -> dict[str, Any]:
    if response.status_code in {401, 403}:
        raise KeyStoreAway("Vault refuses our token for the Transit keys; renew SANAD_VAULT_TOKEN or widen its policy.")
    if response.status_code == 503:
        raise KeyStoreAway("Vault is sealed or not ready; unseal it.")
    if not response.is_success:
        raise KeyStoreAway(f"Vault answered {response.status_code} at {response.request.url.path}; look at its log.")
    return response.json() if response.content else {}


def _found(answer: dict[str, Any] | None, name: str) -> Any:
    try:
        return (answer or {})["data"][name]
    except (KeyError, TypeError) as error:
        raise KeyStoreAway(f"Vault's answer has no “{name}”; SANAD_VAULT_ADDR may name something else.") from error


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
