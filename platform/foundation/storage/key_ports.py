"""The port of a store of wrapping secrets: what wraps the tenants' keys, and what is destroyed to end them.

A tenant's key lies wrapped in PostgreSQL, and thereby in its write-ahead log and in every backup, for good. What wraps
it therefore lies elsewhere, under a name of its own, where one secret can be destroyed and no copy is made of it: a
file, a named key of Vault, an object of a hardware module.
"""

from __future__ import annotations

from typing import Protocol


class SecretMissing(Exception):
    """There is no wrapping secret of this name: it was destroyed, or lies in another store."""


class SecretRefused(Exception):
    """The wrapped key does not open under this name: it was changed, or wrapped for something else."""


class KeyStoreAway(Exception):
    """The store cannot be asked, or refuses us; its text says what to look at, in words for the operator."""


class KeyEncryption(Protocol):
    """Wrapping secrets by name. A name has letters, digits, `.` and `-`, 120 characters at most."""

    @property
    def mark(self) -> str:
        """Which key-encryption key wraps now, as `store:which`; another mark after that key was exchanged."""

    def make(self, name: str, secret: bytes | None = None) -> None:
        """Make a wrapping secret of this name, at random or out of 32 given bytes; one that is there stays.

        When this returns, the secret survives a power cut.
        """

    def wrap(self, name: str, key: bytes, bound: bytes) -> bytes:
        """The key, wrapped so that this name and these bound bytes alone open it; SecretMissing without a secret."""

    def unwrap(self, name: str, wrapped: bytes, bound: bytes) -> bytes:
        """What was wrapped; SecretMissing or SecretRefused where it does not open."""

    def renew(self, name: str) -> None:
        """Put a secret that stays under the present key-encryption key; nothing to do where the store has none."""

    def destroy(self, name: str) -> bool:
        """Destroy the secret for good; whether there was one. Nothing that it wrapped opens afterwards."""

    def names(self, prefix: str = "") -> list[str]:
        """The names that begin with `prefix`, in order."""
