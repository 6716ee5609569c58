"""Checkpoints and the Ed25519 key that signs them."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from foundation.ledger.canonical import FORMAT, canonical, instant
from foundation.ledger.errors import KeyRefused

PAYLOAD_TYPE = "application/vnd.sanad.checkpoint+json"
_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)
Keys = Mapping[str, Ed25519PublicKey]


@dataclass(frozen=True)
class SignedCheckpoint:
    """The first `tree_size` entries of a tenant's chain have this Merkle root; the key says so.

    `root_hash` and `key_id` are 64 hexadecimal digits, `signature` base64, `signed_at` the ledger's form of a time.
    """

    tenant_id: UUID
    tree_size: int
    root_hash: str
    signed_at: str
    key_id: str
    signature: str

    def body(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "tenant_id": str(self.tenant_id),
            "tree_size": self.tree_size,
            "root_hash": self.root_hash,
            "signed_at": self.signed_at,
            "key_id": self.key_id,
        }

    def line(self) -> bytes:
        """The line of an anchor file and of an export."""
        return canonical({"type": "checkpoint", "checkpoint": self.body(), "signature": self.signature}) + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> SignedCheckpoint:
        """The checkpoint in a line; ValueError where the line is none."""
        try:
            found = json.loads(line)
            body = found["checkpoint"]
            if found["type"] != "checkpoint" or body["format"] != FORMAT:
                raise ValueError("not a checkpoint of this format")
            return cls(
                tenant_id=UUID(body["tenant_id"]),
                tree_size=int(body["tree_size"]),
                root_hash=str(body["root_hash"]),
                signed_at=str(body["signed_at"]),
                key_id=str(body["key_id"]),
                signature=str(found["signature"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not a checkpoint line") from error

    def is_signed_by(self, keys: Keys) -> bool:
        key = keys.get(self.key_id)
        if key is None:
            return False
        try:
            key.verify(base64.b64decode(self.signature, validate=True), authenticated(self.body()))
        except (InvalidSignature, ValueError):
            return False
        return True


def authenticated(body: dict[str, Any]) -> bytes:
    """The bytes that are signed: DSSE's pre-authentication encoding of the canonical body."""
    payload = canonical(body)
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)


def key_id_of(key: Ed25519PublicKey) -> str:
    """SHA-256 of the raw public key, as 64 hexadecimal digits."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()


def sign(
    *, key: Ed25519PrivateKey, tenant_id: UUID, tree_size: int, root_hash: str, signed_at: datetime
) -> SignedCheckpoint:
    unsigned = SignedCheckpoint(
        tenant_id, tree_size, root_hash, instant(signed_at), key_id_of(key.public_key()), signature=""
    )
    signature = base64.b64encode(key.sign(authenticated(unsigned.body()))).decode()
    return SignedCheckpoint(**{**unsigned.__dict__, "signature": signature})


def public_key_file(key_file: Path) -> Path:
    """Where the public keys lie: all that ever signed here, so that old checkpoints stay verifiable."""
    return key_file.with_name(key_file.name + ".pub")


def ensure_key(key_file: Path) -> None:
    """Create the signing key where there is none: 0600 in a 0700 folder, its public half beside it."""
    folder = key_file.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not key_file.exists():
        _write_once(key_file, _private_pem(Ed25519PrivateKey.generate()))
    public = load_private_key(key_file).public_key()
    known = public_key_file(key_file)
    if not known.exists() or key_id_of(public) not in load_public_keys(known):
        with known.open("ab") as file:
            file.write(_public_pem(public))
            file.flush()
            os.fsync(file.fileno())


def load_private_key(key_file: Path) -> Ed25519PrivateKey:
    """The signing key; KeyRefused where others could read it or it is no Ed25519 key."""
    try:
        mode = stat.S_IMODE(key_file.stat().st_mode)
        pem = key_file.read_bytes()
    except OSError as error:
        raise KeyRefused(f"The ledger's signing key {key_file} cannot be read ({error.strerror}).") from error
    if mode & 0o077:
        raise KeyRefused(
            f"The ledger's signing key {key_file} can be read by others (mode {mode:04o}): run `chmod 600 {key_file}`."
        )
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise KeyRefused(f"{key_file} holds no private key in PEM form; restore it from its backup.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyRefused(f"{key_file} holds no Ed25519 key; the ledger signs with Ed25519 alone.")
    return key


def load_public_keys(file: Path) -> dict[str, Ed25519PublicKey]:
    """The public keys of a PEM file, by key id."""
    try:
        blocks = _PEM.findall(file.read_bytes())
    except OSError as error:
        raise KeyRefused(f"The ledger's public keys {file} cannot be read ({error.strerror}).") from error
    keys = [serialization.load_pem_public_key(block) for block in blocks]
    return {key_id_of(key): key for key in keys if isinstance(key, Ed25519PublicKey)}


@lru_cache(maxsize=4)
def signing_key(key_file: Path) -> Ed25519PrivateKey:
    """The key of this installation, made on first use."""
    ensure_key(key_file)
    return load_private_key(key_file)


def _write_once(path: Path, content: bytes) -> None:
    """Whole or not at all, and never over another's: two processes that start together agree on one key."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _public_pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
