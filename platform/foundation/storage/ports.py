"""The port of an object store: sealed bytes under a path. Encryption lies above it, so no store sees clear text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol


@dataclass(frozen=True)
class StoredObject:
    """What was put: its key, its size in bytes and its SHA-256 (64 hexadecimal digits), both of the clear content."""

    key: str
    size: int
    sha256: str


class ObjectStore(Protocol):
    """Opaque bytes under slash-separated paths of plain segments (letters, digits, `.`, `_`, `-`, `=`)."""

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        """Store the chunks as one object; either all of it becomes visible under `path`, or nothing changes."""

    def open(self, path: str) -> BinaryIO:
        """A seekable stream of the object's bytes; FileNotFoundError where there is none."""

    def swap_head(self, path: str, was: bytes, now: bytes) -> bool:
        """Put `now` in place of `was`, of the same length, at the object's beginning: whole, or not at all.

        Whether it was done: not where the object was replaced or removed meanwhile. It keeps the time of its writing.
        """

    def delete(self, path: str) -> bool:
        """Remove the object; whether there was one."""

    def exists(self, path: str) -> bool:
        """Whether an object lies under this path."""

    def list(self, prefix: str, before: datetime | None = None) -> Iterator[str]:
        """The paths that begin with `prefix`, in order; with `before` (aware) only those written before it."""
