"""The ports of the online store: packed values by key, in one round trip for any number; and of what was served."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol
from uuid import UUID


class OnlineStore(Protocol):
    """Errors: Unavailable where the store does not answer."""

    def write(self, pairs: Iterable[tuple[bytes, bytes]], *, ttl_seconds: int | None) -> int:
        """Store values by key; how many were written."""

    def claim(self, writer: bytes, number: bytes) -> None:
        """Write down at `writer` that from now on `number` writes; Overtaken where a higher one does."""

    def check(self, writer: bytes, number: bytes) -> None:
        """Overtaken where another number writes; Forgotten where none is known any more."""

    def write_as(self, pairs: Sequence[tuple[bytes, bytes]], *, writer: bytes, number: bytes) -> int:
        """Store values by key while `number` writes, as `check` has it; how many of these keys are there afterwards.

        Whoever overtakes in between finds none of the pairs that come after.
        """

    def sweep(self, prefix: bytes, *, head: bytes, name_bytes: int) -> int:
        """Forget values that begin with something lower than `head`, of keys of so many bytes; how many there were."""

    def room_of(self, keys: Sequence[bytes]) -> int:
        """Bytes that these keys and their values take in the store."""

    def admit(self, name: str, password: str, prefixes: Sequence[bytes]) -> None:
        """Let somebody of this name read what lies under keys that begin so (without a space), and do nothing else."""

    def admitted(self, beginning: str) -> list[str]:
        """The names that were admitted and begin so."""

    def dismiss(self, names: Sequence[str]) -> None:
        """Let them read no more, also those who are reading."""

    def read(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values in the order of the keys; None where there is none."""

    def drop(self, keys: Sequence[bytes]) -> None:
        """Forget these keys."""

    def drop_beginning(self, prefix: bytes) -> int:
        """Forget every key that begins so; how many there were."""


class SampleQueue(Protocol):
    """Sealed samples of what was served, by tenant, in their order. Errors: Unavailable."""

    def put(self, tenant_id: UUID, samples: Sequence[bytes]) -> None:
        """Add samples; the oldest go where there are too many."""

    def after(self, tenant_id: UUID, place: str, limit: int) -> list[tuple[str, bytes]]:
        """The next samples behind a place (empty: from the beginning), each with its own place."""

    def forget(self, tenant_id: UUID, until: str) -> None:
        """Forget what stands up to a place, this one included."""
