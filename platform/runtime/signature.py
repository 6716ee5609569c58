"""Signing a model directory: an in-toto statement over every file, in a DSSE envelope, with Ed25519.

Own and small on purpose: the inference image then needs `cryptography` and nothing of a public signing service.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

SIGNATURE_FILE = "sanad/signature.json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:sanad:model-artifact:v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"


class SignatureRefused(Exception):
    """The directory is not what was signed; the sentence names the file or the fault."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def file_digests(directory: Path) -> dict[str, str]:
    """Return {relative path: sha256 hex} of every file except the signature; anything not a plain file is refused."""
    digests: dict[str, str] = {}
    for folder, folders, files in os.walk(directory, followlinks=False):
        for name in [*folders, *files]:
            path = Path(folder) / name
            relative = path.relative_to(directory).as_posix()
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                raise SignatureRefused(f"{relative} is a link or a special file; a model holds plain files only.")
            if path.is_file() and relative != SIGNATURE_FILE:
                with path.open("rb") as file:
                    digests[relative] = hashlib.file_digest(file, "sha256").hexdigest()
    return dict(sorted(digests.items()))


def directory_digest(digests: Mapping[str, str]) -> str:
    """Return the one sha256 hex that stands for a whole directory, as `sha256sum` lines sorted by path."""
    lines = "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def key_id(public_key: Ed25519PublicKey) -> str:
    return hashlib.sha256(public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _pre_authentication(payload: bytes) -> bytes:
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def sign_directory(directory: Path, private_key: Ed25519PrivateKey, predicate: Mapping[str, Any]) -> bytes:
    """Return the envelope (JSON bytes) over the directory; `predicate` says whose model and version it is."""
    digests = file_digests(directory)
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": path, "digest": {"sha256": digest}} for path, digest in digests.items()],
        "predicateType": PREDICATE_TYPE,
        "predicate": {**predicate, "directory_sha256": directory_digest(digests)},
    }
    payload = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    signature = private_key.sign(_pre_authentication(payload))
    envelope = {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [
            {"keyid": key_id(private_key.public_key()), "sig": base64.b64encode(signature).decode()},
        ],
    }
    return json.dumps(envelope, separators=(",", ":")).encode()


def write_signature(directory: Path, private_key: Ed25519PrivateKey, predicate: Mapping[str, Any]) -> bytes:
    """Sign the directory and put the envelope into it as sanad/signature.json; returns the envelope too."""
    envelope = sign_directory(directory, private_key, predicate)
    target = directory / SIGNATURE_FILE
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(envelope)
    return envelope


def open_envelope(envelope: bytes, public_key: Ed25519PublicKey) -> dict[str, Any]:
    """Check the envelope's signature and return its statement; nothing of it is believed before."""
    try:
        document = json.loads(envelope)
        payload = base64.b64decode(document["payload"], validate=True)
        signatures = [base64.b64decode(entry["sig"], validate=True) for entry in document["signatures"]]
    except (ValueError, KeyError, TypeError) as error:
        raise SignatureRefused("The signature is not a DSSE envelope; it was cut off or written by hand.") from error
    if document.get("payloadType") != PAYLOAD_TYPE:
        raise SignatureRefused(f"The signature is over {document.get('payloadType')!r}, not over an in-toto statement.")
    if not any(_is_valid(public_key, signature, _pre_authentication(payload)) for signature in signatures):
        raise SignatureRefused("The signature was not made with this tenant's key, or its statement was altered.")
    statement: dict[str, Any] = json.loads(payload)
    if statement.get("predicateType") != PREDICATE_TYPE:
        raise SignatureRefused("The signed statement is not about a model artifact.")
    return statement


def _is_valid(public_key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        public_key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def verify_directory(directory: Path, public_key_pem: bytes, envelope: bytes | None = None) -> dict[str, Any]:
    """Return the predicate if every file is as signed, else name the first one that is not in a SignatureRefused."""
    public_key = load_pem_public_key(public_key_pem)
    if not isinstance(public_key, Ed25519PublicKey):
        raise SignatureRefused("The public key is not an Ed25519 key.")
    if envelope is None:
        if not (directory / SIGNATURE_FILE).is_file():
            raise SignatureRefused(f"The model is not signed: {SIGNATURE_FILE} is missing.")
        envelope = (directory / SIGNATURE_FILE).read_bytes()
    statement = open_envelope(envelope, public_key)
    signed = {entry["name"]: entry["digest"]["sha256"] for entry in statement["subject"]}
    found = file_digests(directory)
    for path in sorted(signed.keys() | found.keys()):
        if path not in found:
            raise SignatureRefused(f"The file {path} was signed with this model but is missing.")
        if path not in signed:
            raise SignatureRefused(f"The file {path} was added after the model was signed.")
        if signed[path] != found[path]:
            raise SignatureRefused(f"The file {path} was changed after the model was signed.")
    predicate: dict[str, Any] = statement["predicate"]
    return predicate
