"""The port of the online store: packed values by key, in one round trip for any number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol


class OnlineStore(Protocol):
    """Errors: Unavailable where the store does not answer."""

    def write(self, pairs: Iterable[tuple[bytes, bytes]], *, ttl_seconds: int | None) -> int:
        """Store values by key; how many were written."""

    def read(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values in the order of the keys; None where there is none."""

    def drop(self, keys: Sequence[bytes]) -> None:
        """Forget these keys."""

    def drop_beginning(self, prefix: bytes) -> int:
        """Forget every key that begins so; how many there were."""
