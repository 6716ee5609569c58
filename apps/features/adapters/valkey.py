"""The online store on Valkey or Redis."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

import redis

from apps.features.ports import OnlineStore
from foundation.errors import Unavailable

_BATCH = 2_000
Item = TypeVar("Item")


class ValkeyOnlineStore:
    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url)

    def write(self, pairs: Iterable[tuple[bytes, bytes]], *, ttl_seconds: int | None) -> int:
        written = 0
        with _translated():
            for batch in _batches(pairs):
                pipe = self._client.pipeline(transaction=False)
                for key, value in batch:
                    pipe.set(key, value, ex=ttl_seconds)
                written += sum(map(bool, pipe.execute()))
        return written

    def read(self, keys: Sequence[bytes]) -> list[bytes | None]:
        with _translated():
            found: Any = self._client.mget(keys) if keys else []
        return list(found)

    def drop(self, keys: Sequence[bytes]) -> None:
        with _translated():
            for batch in _batches(keys):
                self._client.delete(*batch)

    def drop_beginning(self, prefix: bytes) -> int:
        dropped = 0
        with _translated():
            # A key that is there from beginning to end of a scan is found; nobody writes these any more.
            for batch in _batches(self._client.scan_iter(match=_literal(prefix) + b"*", count=_BATCH)):
                dropped += int(self._client.unlink(*batch))
        return dropped


class _translated:
    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, redis.RedisError):
            raise Unavailable("The online store does not answer. Try again in a moment.") from error


def _literal(prefix: bytes) -> bytes:
    """The bytes for a pattern, in which some signs mean more than themselves."""
    return re.sub(rb"([\\*?\[\]^-])", rb"\\\1", prefix)


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, _BATCH)):
        yield batch


@lru_cache(maxsize=4)
def store_at(url: str) -> OnlineStore:
    """One client, with its pool of connections, per process and address."""
    return ValkeyOnlineStore(url)
