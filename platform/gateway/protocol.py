"""uvicorn's HTTP protocol with the bounds it leaves out: size of a request's head, and patience with its sender."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.joining import JoiningTransport

HEAD_BYTES = 64 * 1024
HEAD_WITHIN_S = 15.0
BODY_SILENCE_S = 60.0
SWEEP_EVERY_S = 5.0


class FrontDoorProtocol(HttpToolsProtocol):
    """Closes connections that send an endless head, or send so slowly that they only hold the place."""

    most_connections: ClassVar[int] = 4096
    open_now: ClassVar[set[FrontDoorProtocol]] = set()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # Bytes that became neither a whole head nor a piece of a body: a head or a trailer still open.
        self._unframed = 0
        # Loop time since which a head is awaited; 0: none is.
        self._head_since = 0.0
        self._heard_at = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        # uvicorn writes the head and the body of an answer apart.
        transport = cast(asyncio.Transport, JoiningTransport(transport, self.loop))
        super().connection_made(transport)
        self._head_since = self._heard_at = self.loop.time()
        self.open_now.add(self)
        if len(self.open_now) > self.most_connections:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.open_now.discard(self)
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        self.open_now.discard(self)
        super().handle_websocket_upgrade()

    def data_received(self, data: bytes) -> None:
        self._heard_at = self.loop.time()
        self._unframed += len(data)
        super().data_received(data)
        if self._unframed > HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_since = self._heard_at

    def on_header(self, name: bytes, value: bytes) -> None:
        # After the head come trailers: nobody behind us may take them for headers, so they end here.
        if self._head_since:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._head_since, self._unframed = 0.0, 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unframed = 0
        super().on_body(body)

    def is_stuck(self, now: float) -> bool:
        """Whether the sender keeps us waiting for the rest of a request. `now` in the loop's time."""
        if self._head_since:
            return now - self._head_since > HEAD_WITHIN_S
        waiting = self.cycle is not None and self.cycle.more_body and not self.cycle.response_complete
        # While we do not read, because what is behind us is slow, silence is not the sender's fault.
        return waiting and not self.flow.read_paused and now - self._heard_at > BODY_SILENCE_S

    @classmethod
    async def sweep(cls) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            now = loop.time()
            for connection in [one for one in cls.open_now if one.is_stuck(now)]:
                connection.transport.abort()
