"""HTTP/1.1 to replicas and to the portal's internal pages: small whole messages over kept connections.

Why not an HTTP client library: a prediction's way to its replica and back costs 16 µs of our core here, 69 µs with
aiohttp and 228 µs with httpcore2, of 85 µs for the whole request (`python -m bench.gateway.measure clients infer`).
It knows no redirects, cookies, compression or streaming, and needs none. Proxied pages use aiohttp (gateway.front).
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

import httptools

from gateway.asgi import Headers
from runtime.sockets import own_socket

MAX_REPLY_BYTES = 64 * 1024 * 1024
CONNECT_WITHIN_S = 1.0
MAX_IDLE = 64


class WireFailed(Exception):
    """No whole answer came; `reused`: the connection had served before, so the other end may merely have closed it;
    `began`: part of an answer had come.
    """

    def __init__(self, sentence: str, *, reused: bool = False, timed_out: bool = False, began: bool = False) -> None:
        super().__init__(sentence)
        self.reused = reused
        self.timed_out = timed_out
        self.began = began


@dataclass(slots=True)
class Reply:
    status: int
    headers: Headers
    body: bytes
    # The request as the model saw it, where a replica says so behind its answer: for the log, and for nobody else.
    seen: bytes = b""

    def header(self, name: bytes) -> bytes | None:
        for key, value in self.headers:
            if key == name:
                return value
        return None


def without_seen(reply: Reply) -> Reply:
    """Take off what a replica says behind its answer of what the model saw."""
    size = reply.header(b"x-sanad-seen")
    if size is None or not size.isdigit() or not 0 < int(size) <= len(reply.body):
        return reply
    end = len(reply.body) - int(size)
    return Reply(reply.status, reply.headers, reply.body[:end], reply.body[end:])


class Connection(asyncio.Protocol):
    """One kept connection; one request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.served = 0
        self._parser: Any = None
        self._waiter: asyncio.Future[Reply] | None = None
        self._headers: Headers = []
        self._chunks: list[bytes] = []
        self._size = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._parser = httptools.HttpResponseParser(self)

    @property
    def usable(self) -> bool:
        return self.transport is not None and not self.transport.is_closing()

    async def ask(self, head: bytes, body: bytes, within_s: float) -> Reply:
        """Send one request and await its whole answer."""
        loop = asyncio.get_running_loop()
        if self.transport is None or self.transport.is_closing():
            raise WireFailed("The connection was closed.", reused=self.served > 0)
        self._waiter = waiter = loop.create_future()
        self._headers, self._chunks, self._size = [], [], 0
        timer = loop.call_later(within_s, self._time_out, within_s)
        self.transport.write(head + body if len(body) < 65536 else head)
        if len(body) >= 65536:
            self.transport.write(body)
        try:
            return await waiter
        except asyncio.CancelledError:
            self.close()
            raise
        finally:
            timer.cancel()

    def close(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def _fail(self, failure: WireFailed) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(failure)
        self.close()

    def _time_out(self, within_s: float) -> None:
        self._fail(WireFailed(f"No answer came within {within_s:g} seconds.", timed_out=True))

    # Callbacks of the transport and of the parser.
    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(WireFailed("The answer was not HTTP.", began=True))

    def connection_lost(self, exc: Exception | None) -> None:
        # What was begun and broke off is a failure of this server, not of an old connection.
        began = bool(self._headers)
        sentence = "The connection was lost before the answer was complete."
        self._fail(WireFailed(sentence, reused=self.served > 0 and not began, began=began))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if self._size > MAX_REPLY_BYTES:
            self._fail(WireFailed(f"The answer is larger than {MAX_REPLY_BYTES} bytes.", began=True))
            return
        self._chunks.append(body)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:
            self._headers, self._chunks, self._size = [], [], 0
            return
        self.served += 1
        keep = self._parser.should_keep_alive()
        waiter = self._waiter
        if waiter is None or waiter.done():
            self.close()
            return
        waiter.set_result(Reply(status, self._headers, b"".join(self._chunks)))
        self._headers, self._waiter = [], None
        if not keep:
            self.close()


@dataclass(eq=False)
class Pool:
    """Kept connections to one address (unix:/path or http://host:port); retired once its server is replaced."""

    address: str
    host: bytes = b"localhost"
    retired: bool = False
    _idle: deque[Connection] = field(default_factory=deque)

    async def ask(self, head: bytes, body: bytes, within_s: float) -> Reply:
        """`head` ends with the empty line. Raises WireFailed."""
        connection = self._take() or await self._connect()
        reply = await connection.ask(head, body, within_s)
        if connection.usable and not self.retired and len(self._idle) < MAX_IDLE:
            self._idle.append(connection)
        else:
            connection.close()
        return reply

    def retire(self) -> None:
        self.retired = True
        self.drop_idle()

    def drop_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                return connection
        return None

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                if self.address.startswith("unix:"):
                    with own_socket(self.address.removeprefix("unix:")) as path:
                        _, made = await loop.create_unix_connection(Connection, path)
                else:
                    parts = urlsplit(self.address)
                    _, made = await loop.create_connection(Connection, parts.hostname or "localhost", parts.port or 80)
        except (OSError, TimeoutError) as error:
            raise WireFailed(f"Nobody answers at its address ({error or 'timed out'}).") from error
        return made


def request_head(method: bytes, target: bytes, host: bytes, headers: Headers, length: int | None) -> bytes:
    """The head of a request: lines joined by hand, so names and values must be clean already."""
    lines = [method, b" ", target, b" HTTP/1.1\r\nhost: ", host, b"\r\n"]
    for name, value in headers:
        lines += (name, b": ", value, b"\r\n")
    if length is not None:
        lines.append(b"content-length: %d\r\n" % length)
    lines.append(b"\r\n")
    return b"".join(lines)
