"""Streams of Valkey or Redis as a broker: read by ids, without consumer groups, which would write there."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from apps.connections.adapters.valkey_counts import Counts, counts_of, id_of, parted, place_of
from apps.connections.errors import PlaceMissing, SourceBroken, SourceChanged, SourceRefused, SourceUnreachable
from apps.connections.ports import Events
from foundation import figures
from foundation.words import kept as _
from foundation.words import kept_many as ngettext

_PARTITION = "0"
_FEWEST, _AT_ONCE, _WANTED_BYTES = 64, 4_000, 16 << 20
# One entry that is larger than this cannot be skipped either: its id comes with it.
_MOST_BYTES = 64 << 20
_FIELD = b"event"


class TooMuch(Exception):
    """The answer is longer than what is held at a time."""


class Counted:
    """A socket that reads no more than `left` bytes: how many an entry has, nobody says before it comes."""

    def __init__(self, inner: socket.socket) -> None:
        self._inner, self.left, self.came = inner, _MOST_BYTES, 0

    def recv_into(self, buffer: Any, *args: Any) -> int:
        return self._taken(self._inner.recv_into(buffer, *args))

    def recv(self, *args: Any) -> bytes:
        found = self._inner.recv(*args)
        self._taken(len(found))
        return found

    def _taken(self, count: int) -> int:
        self.left -= count
        self.came += count
        if self.left < 0:
            raise TooMuch
        return count

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Line(redis.Connection):
    """A connection whose socket was opened by the portal's own door, or to the portal's own server."""

    def __init__(self, dial: Callable[[], socket.socket], **said: Any) -> None:
        super().__init__(retry=Retry(NoBackoff(), 0), **said)  # type: ignore[no-untyped-call]
        self._dial = dial
        self.counted: Counted | None = None

    def _connect(self) -> Any:
        self.counted = Counted(self._dial())
        return self.counted

    def ask(self, *words: Any) -> Any:
        """The answer as it came, in bytes."""
        if self._sock is None:
            self.connect()  # type: ignore[no-untyped-call]
        assert self.counted is not None  # noqa: S101 - `connect` has set it
        self.counted.left, self.counted.came = _MOST_BYTES, 0
        self.send_command(*words)  # type: ignore[no-untyped-call]
        return self.read_response(disable_decoding=True)

    @property
    def came(self) -> int:
        """The bytes of the last answer."""
        return self.counted.came if self.counted else 0


class ValkeyBroker:
    """`own`: the portal's server, from which what was read is dropped."""

    def __init__(self, line: Callable[[], Line], name: str, *, own: bool = False, prefix: str = "") -> None:
        self._open, self._name, self._own, self._prefix = line, name, own, prefix
        self._line: Line | None = None
        self._count = _FEWEST

    def read(
        self, topic: str, after: Mapping[str, str], *, events: int, wait_s: float = 0.0, past_gaps: bool = False
    ) -> list[Events]:
        """A gap is noticed where the server counts what was ever added, as Valkey and Redis do since version 7."""
        since, counted = parted(after.get(_PARTITION, "0-0"))
        begin, counted = since, None if past_gaps else counted
        entries: list[Any] = []
        size = 0
        with self._said() as line:
            counts = None if self._own else self._counts(line, topic)
            if counts and (lost := counts.lost(id_of(since), counted)):
                raise _gone(lost, topic)
            while len(entries) < events and size < _WANTED_BYTES:
                found = self._some(line, topic, since, min(self._count, events - len(entries)))
                if not found:
                    break
                entries += found
                size += line.came
                since = found[-1][0].decode()
                self._count = _next_count(len(found), line.came)
            if not entries and wait_s > 0:
                waited = line.ask(
                    "XREAD", "COUNT", 1, "BLOCK", max(1, int(wait_s * 1000)), "STREAMS", self._key(topic), since
                )
                entries = waited[0][1] if waited else []
        if not entries:
            return []
        ids = [entry[0].decode() for entry in entries]
        times = [int(one.partition("-")[0]) for one in ids]
        place = ""
        if counts:
            read, rest = [id_of(one) for one in ids], len(entries) < events and size < _WANTED_BYTES
            place = place_of(ids[-1], counts.upto(id_of(begin), counted, read, all_of_it=rest))
        return [Events(_PARTITION, ids, times, [_event_of(entry[1]) for entry in entries], place)]

    def ends(self, topic: str) -> dict[str, str]:
        with self._said() as line:
            told = self._told(line, topic)
        counts = None if self._own else counts_of(told)
        last = told.get(b"last-generated-id", b"0-0").decode()
        return {_PARTITION: place_of(last, counts.added if counts else None)}

    def lag(self, topic: str, after: Mapping[str, str]) -> int:
        since = id_of(parted(after.get(_PARTITION, "0-0"))[0])
        with self._said() as line:
            told = self._told(line, topic)
        if not told.get(b"length") or since >= id_of(told[b"last-generated-id"].decode()):
            return 0
        first, last = (id_of(told[word][0].decode())[0] for word in (b"first-entry", b"last-entry"))
        if since[0] <= first or first == last:
            return int(told[b"length"])
        return max(1, round(told[b"length"] * (last - since[0]) / (last - first)))

    def forget(self, topic: str, upto: Mapping[str, str]) -> None:
        if not self._own or _PARTITION not in upto:
            return
        milliseconds, number = id_of(parted(upto[_PARTITION])[0])
        with self._said() as line:
            line.ask("XTRIM", self._key(topic), "MINID", f"{milliseconds}-{number + 1}")

    def topics(self, prefix: str, limit: int) -> list[str]:
        """Keys that hold streams, by name; no more of them are looked through than a look takes."""
        found: set[str] = set()
        cursor = b"0"
        with self._said() as line:
            for _turn in range(100):
                cursor, keys = line.ask("SCAN", cursor, "MATCH", _glob(prefix), "COUNT", 1000, "TYPE", "stream")
                found |= {key.decode(errors="replace") for key in keys}
                if cursor == b"0" or len(found) >= limit:
                    break
        return sorted(found)[:limit]

    def close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.disconnect()  # type: ignore[no-untyped-call]

    def _some(self, line: Line, topic: str, since: str, count: int) -> list[Any]:
        """Fewer where so many are too large to be held; what is too large alone cannot be passed over."""
        try:
            return list(line.ask("XRANGE", self._key(topic), f"({since}", "+", "COUNT", count))
        except TooMuch:
            line.disconnect()  # type: ignore[no-untyped-call]
            if count == 1:
                sentence = _("The entry after %(place)s in “%(topic)s” is larger than %(most)s MB. Delete it there.")
                said = {"place": since, "topic": topic, "most": _MOST_BYTES >> 20}
                raise SourceBroken(sentence % said) from None
            self._count = max(1, count // 8)
            return self._some(line, topic, since, self._count)

    def _counts(self, line: Line, topic: str) -> Counts | None:
        """None also where the server does not tell it to this user, or its oldest entry is too large to come along."""
        try:
            return counts_of(self._told(line, topic))
        except redis.exceptions.NoPermissionError:
            return None
        except TooMuch:
            line.disconnect()  # type: ignore[no-untyped-call]
            return None

    def _told(self, line: Line, topic: str) -> dict[bytes, Any]:
        try:
            said = line.ask("XINFO", "STREAM", self._key(topic))
        except redis.ResponseError as error:
            if "no such key" in str(error):
                return {}
            raise
        return dict(zip(said[::2], said[1::2], strict=True)) if isinstance(said, list) else dict(said)

    def _key(self, topic: str) -> str:
        return f"{self._prefix}{topic}"

    @contextlib.contextmanager
    def _said(self) -> Iterator[Line]:
        """The connection, and its errors in words; after one it is made anew."""
        line = self._line = self._line or self._open()
        try:
            yield line
        except BaseException as error:
            self.close()
            if isinstance(error, redis.RedisError | OSError):
                raise said(error, self._name) from error
            raise


def said(error: Exception, name: str) -> Exception:
    """What a person reads of it; a server's own texts may hold what was sent to it."""
    if isinstance(error, redis.AuthenticationError | redis.exceptions.NoPermissionError):
        return SourceRefused(_("%(name)s does not let this user in, or not to this key.") % {"name": name})
    if isinstance(error, redis.ResponseError) and str(error).startswith("WRONGTYPE"):
        return PlaceMissing(_("This key of %(name)s holds no stream.") % {"name": name})
    if isinstance(error, redis.ResponseError):
        return SourceBroken(
            _("%(name)s does not understand what it is asked: it is not Valkey, nor Redis.") % {"name": name}
        )
    return SourceUnreachable(_("%(name)s does not answer, or the line to it broke.") % {"name": name})


def _event_of(fields: list[bytes]) -> bytes | None:
    if len(fields) == 2:
        return fields[1]
    return next((fields[at + 1] for at in range(0, len(fields), 2) if fields[at] == _FIELD), None)


def _next_count(count: int, size: int) -> int:
    """As many as come in an eighth of what is wanted at a time, if they are like the last ones; slowly more."""
    return max(1, min(_AT_ONCE, count * 4, _WANTED_BYTES // 8 * count // max(size, 1)))


def _gone(lost: int, topic: str) -> SourceChanged:
    sentence = ngettext(
        "%(lost)s event of “%(topic)s” was deleted before it was read. What is left can be read on.",
        "%(lost)s events of “%(topic)s” were deleted before they were read. What is left can be read on.",
        lost,
    )
    return SourceChanged(sentence % {"lost": figures.number(lost), "topic": topic})


def _glob(prefix: str) -> str:
    return "".join(f"\\{sign}" if sign in "*?[]\\^-" else sign for sign in prefix) + "*"
