"""The port of the inference stream: entries that the gateway wrote, in order, kept until they are counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class InferenceStream(Protocol):
    """Errors: Unavailable where the broker does not answer."""

    def read(self, tenant_id: str, *, after: str, count: int) -> list[tuple[str, bytes]]:
        """Up to `count` entries after the entry `after` ("0-0" for the first), as (id, JSON bytes)."""

    def forget(self, tenant_id: str, *, upto: str) -> None:
        """Drop entries up to and including `upto`."""

    def set_aside(self, tenant_id: str, entry_id: str, blob: bytes, *, why: str) -> None:
        """Keep an entry that cannot be counted; the newest thousand are kept, each once, in the order of the stream."""

    def length(self, tenant_id: str) -> int:
        """How many entries wait."""

    def newest(self, tenant_id: str) -> str:
        """The id of the newest entry that waits; empty where none does."""

    def aside(self, tenant_id: str) -> list[tuple[str, bytes]]:
        """What was set aside, as (id, bytes), the oldest first."""

    def drop_aside(self, tenant_id: str, entry_ids: Sequence[str]) -> None:
        """Forget entries that were set aside."""

    def repack(self, tenant_id: str) -> None:
        """Put what is left anew: of entries that were dropped the bytes may stay, marked, beside their neighbours'."""

    def rewrite_files(self) -> bool:
        """Have the broker write its files anew, without what was dropped since; False where it lets nobody ask.

        Waits until they are written; Unavailable where that takes longer than minutes.
        """
