"""The online store on Valkey or Redis."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

import redis

from apps.features.errors import Forgotten, Overtaken
from apps.features.ports import OnlineStore
from foundation.errors import Unavailable
from foundation.words import kept as _
from runtime.online import StoreAway, Valkey
from runtime.online.wire import command

_BATCH = 2_000
# One command holds up everybody who reads meanwhile: so many values, of so many bytes, take a tenth of a
# millisecond.
_AT_ONCE, _BYTES_AT_ONCE = 250, 1 << 20
# The first bytes of many values, which may be of any length, in one command: one by one they take three times as long.
_BEGINNINGS = """
local found = {}
for place, key in ipairs(KEYS) do found[place] = redis.call('GETRANGE', key, 0, ARGV[1] - 1) end
return found
"""
Item = TypeVar("Item")


class ValkeyOnlineStore:
    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url)
        self._beginnings = self._client.register_script(_BEGINNINGS)
        self._asking = threading.local()
        self._url = url

    def write(self, pairs: Iterable[tuple[bytes, bytes]], *, ttl_seconds: int | None) -> int:
        written = 0
        with _translated():
            for batch in _batches(pairs):
                pipe = self._client.pipeline(transaction=False)
                for key, value in batch:
                    pipe.set(key, value, ex=ttl_seconds)
                written += sum(map(bool, pipe.execute()))
        return written

    def claim(self, writer: bytes, number: bytes) -> None:
        with _translated(), self._client.pipeline() as opened:
            pipe: Any = opened
            while True:
                try:
                    pipe.watch(writer)
                    found = pipe.get(writer)
                    if found is not None and bytes(found) > number:
                        raise Overtaken
                    pipe.multi()
                    pipe.set(writer, number)
                    pipe.execute()
                    return
                except redis.WatchError:
                    continue

    def check(self, writer: bytes, number: bytes) -> None:
        with _translated():
            _held(self._client.get(writer), number)

    def write_as(self, pairs: Sequence[tuple[bytes, bytes]], *, writer: bytes, number: bytes) -> int:
        with _translated():
            parts = (part for batch in _batches(pairs, _AT_ONCE) for part in _light(batch))
            return sum(self._write_at_once(part, writer, number) for part in parts)

    def _write_at_once(self, pairs: list[tuple[bytes, bytes]], writer: bytes, number: bytes) -> int:
        """One transaction of the store, which fails where `writer` was changed since it was looked at.

        By hand on a connection of its own: the client takes three times as long to pack what are bytes already.
        """
        pool = self._client.connection_pool
        connection: Any = pool.get_connection()
        try:
            connection.send_packed_command([command([b"WATCH", writer]) + command([b"GET", writer])])
            connection.read_response()
            _held(connection.read_response(), number)
            names = [name for name, _value in pairs]
            words = [b"MSET", *(part for pair in pairs for part in pair)]
            sent = [command([b"MULTI"]), command(words), command([b"EXISTS", *names]), command([b"EXEC"])]
            connection.send_packed_command([b"".join(sent)])
            for _queued in range(3):
                connection.read_response()
            found = connection.read_response()
        except BaseException:
            connection.disconnect()
            raise
        finally:
            pool.release(connection)
        if found is None:
            raise Overtaken
        return int(found[1])

    def sweep(self, prefix: bytes, *, head: bytes, name_bytes: int) -> int:
        dropped = 0
        with _translated():
            there = self._client.scan_iter(match=_literal(prefix) + b"*", count=_BATCH)
            for batch in _batches((name for name in there if len(name) == name_bytes), _AT_ONCE):
                found: Any = self._beginnings(keys=batch, args=[len(head)])
                # Empty of one that is gone meanwhile: whoever writes it next is not swept.
                if old := [name for name, value in zip(batch, found, strict=True) if value and value < head]:
                    dropped += int(self._client.unlink(*old))
        return dropped

    def room_of(self, keys: Sequence[bytes]) -> int:
        with _translated():
            pipe = self._client.pipeline(transaction=False)
            for key in keys:
                pipe.memory_usage(key)
            return sum(int(size or 0) for size in (pipe.execute() if keys else ()))

    def admit(self, name: str, password: str, prefixes: Sequence[bytes]) -> None:
        rules = [b"reset", b"on", b">" + password.encode(), b"-@all", b"+mget", b"+get", b"+ping", b"+select"]
        rules += [b"~" + _literal(prefix) + b"*" for prefix in prefixes]
        with _translated():
            client: Any = self._client
            client.execute_command("ACL SETUSER", name, *rules)

    def admitted(self, beginning: str) -> list[str]:
        with _translated():
            found: Any = self._client.acl_users()
        names = [name.decode() if isinstance(name, bytes) else str(name) for name in found]
        return [name for name in names if name.startswith(f"{beginning}-")]

    def dismiss(self, names: Sequence[str]) -> None:
        with _translated():
            self._client.acl_deluser(*names)

    def read(self, keys: Sequence[bytes]) -> list[bytes | None]:
        asking = getattr(self._asking, "wire", None)
        if asking is None:
            # A connection for each thread: nobody waits for another one's answer.
            asking = self._asking.wire = Valkey(self._url)
        try:
            return asking.read(keys)
        except StoreAway as away:
            raise _away() from away

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
        if isinstance(error, redis.ResponseError) and str(error).startswith("OOM"):
            raise Unavailable(_("The online store is full. Its operator has to give it more memory.")) from error
        if isinstance(error, redis.RedisError):
            raise _away() from error


def _away() -> Unavailable:
    return Unavailable(_("The online store does not answer. Try again in a moment."))


def _held(found: Any, number: bytes) -> None:
    if found is None:
        raise Forgotten
    if bytes(found) != number:
        raise Overtaken


def _literal(prefix: bytes) -> bytes:
    """The bytes for a pattern, in which some signs mean more than themselves."""
    return re.sub(rb"([\\*?\[\]^-])", rb"\\\1", prefix)


def _batches(items: Iterable[Item], size: int = _BATCH) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _light(pairs: list[tuple[bytes, bytes]]) -> Iterator[list[tuple[bytes, bytes]]]:
    """The same pairs, halved until each part is one value or small enough to go out at once."""
    if len(pairs) == 1 or sum(len(value) for _key, value in pairs) <= _BYTES_AT_ONCE:
        yield pairs
        return
    middle = len(pairs) // 2
    yield from _light(pairs[:middle])
    yield from _light(pairs[middle:])


@lru_cache(maxsize=4)
def store_at(url: str) -> OnlineStore:
    """One client, with its pool of connections, per process and address."""
    return ValkeyOnlineStore(url)
