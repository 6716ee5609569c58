"""Wrapping secrets as files: `environment` and `file` differ in where the key-encryption key comes from."""

from __future__ import annotations

import builtins
import contextlib
import hashlib
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from foundation.storage.key_ports import SecretMissing, SecretRefused

_SUFFIX = ".secret"
_DRAFT = ".draft"
_LAYOUT = b"SNDKEY01"


class FolderKeyEncryption:
    """A file of mode 0600 a name, in a folder of mode 0700; each holds 32 random bytes under the key-encryption key.

    Layout of a file: magic (8) | nonce (12) | secret (32) and tag (16), bound to its name. To open a key one thus needs
    three things that lie apart: the row in the database, this file, and the key-encryption key.
    """

    def __init__(self, store: str, folder: Path, key_encryption_keys: Sequence[bytes]) -> None:
        self._folder = folder
        self._keys = [_derived(key, b"key store") for key in key_encryption_keys]
        # A word of the key that says nothing about it: it is on the page and in the database.
        self._mark = f"{store}:{_derived(key_encryption_keys[0], b'mark of the key').hex()[:8]}"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep()

    @property
    def mark(self) -> str:
        return self._mark

    def make(self, name: str, secret: bytes | None = None) -> None:
        if self._file(name).exists():
            return
        with self._draft(name, secret or os.urandom(32)) as draft, contextlib.suppress(FileExistsError):
            # Linking fails where somebody was faster, and then theirs is the secret.
            os.link(draft, self._file(name))

    def renew(self, name: str) -> None:
        with self._draft(name, self._secret(name)) as draft, self._file(name).open("r+b") as old:
            draft.replace(self._file(name))
            _overwrite(old)

    def wrap(self, name: str, key: bytes, bound: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + AESGCM(self._secret(name)).encrypt(nonce, key, _bound(name, bound))

    def unwrap(self, name: str, wrapped: bytes, bound: bytes) -> bytes:
        try:
            return AESGCM(self._secret(name)).decrypt(wrapped[:12], wrapped[12:], _bound(name, bound))
        except (InvalidTag, ValueError) as error:
            raise SecretRefused(name) from error

    def destroy(self, name: str) -> bool:
        target = self._file(name)
        try:
            with target.open("r+b") as opened:
                _overwrite(opened)
            target.unlink()
        except FileNotFoundError:
            return False
        self._sync()
        return True

    def names(self, prefix: str = "") -> builtins.list[str]:
        found = (file.name.removesuffix(_SUFFIX) for file in self._folder.glob(f"*{_SUFFIX}"))
        return sorted(name for name in found if name.startswith(prefix))

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}{_SUFFIX}"

    def _secret(self, name: str) -> bytes:
        try:
            content = self._file(name).read_bytes()
        except FileNotFoundError as error:
            raise SecretMissing(name) from error
        if not content.startswith(_LAYOUT):
            raise SecretRefused(name)
        for key in self._keys:
            with contextlib.suppress(InvalidTag):
                return AESGCM(key).decrypt(content[8:20], content[20:], _LAYOUT + name.encode())
        raise SecretRefused(name)

    @contextlib.contextmanager
    def _draft(self, name: str, secret: bytes) -> Iterator[Path]:
        """A file that holds the secret for this name; what the block does with it survives a power cut."""
        draft, nonce = self._folder / f"{uuid.uuid4().hex}{_DRAFT}", os.urandom(12)
        sealed = AESGCM(self._keys[0]).encrypt(nonce, secret, _LAYOUT + name.encode())
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(_LAYOUT + nonce + sealed)
            file.flush()
            os.fsync(file.fileno())
        yield draft
        with contextlib.suppress(FileNotFoundError):
            if draft.stat().st_nlink == 1:
                with draft.open("r+b") as unused:
                    _overwrite(unused)
            draft.unlink()
        self._sync()

    def _sweep(self) -> None:
        """Remove what a maker left that died an hour ago; a name that it had given shares the bytes, and stays."""
        for draft in self._folder.glob(f"*{_DRAFT}"):
            with contextlib.suppress(FileNotFoundError):
                if draft.stat().st_mtime < time.time() - 3600:
                    draft.unlink()

    def _sync(self) -> None:
        handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _overwrite(file: BinaryIO) -> None:
    """Other bytes in the same place. A disk that writes elsewhere keeps the old ones a while: they are wrapped."""
    file.write(os.urandom(os.fstat(file.fileno()).st_size))
    file.flush()
    os.fsync(file.fileno())


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=b"sanad", info=purpose).derive(key)


def _bound(name: str, bound: bytes) -> bytes:
    return hashlib.sha256(name.encode()).digest() + bound
