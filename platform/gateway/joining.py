"""What is written in one turn of the loop goes out with one call of the system: the head and body of an answer."""

from __future__ import annotations

import asyncio
from typing import Any

# What holds more is not kept back: whoever writes much has to learn that nobody reads.
MOST_HELD_BYTES = 256 * 1024


class JoiningTransport:
    """Stands before a transport. Each call wakes the reader, who has to be woken once for each answer."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._held: list[bytes] = []
        self._bytes = 0

    def write(self, data: bytes) -> None:
        if not self._held:
            self._loop.call_soon(self.flush)
        self._held.append(data)
        self._bytes += len(data)
        if self._bytes > MOST_HELD_BYTES:
            self.flush()

    def flush(self) -> None:
        held, self._held, self._bytes = self._held, [], 0
        # Whoever went away meanwhile gets nothing more, as without us.
        if held and not self._transport.is_closing():
            self._transport.write(held[0] if len(held) == 1 else b"".join(held))

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        self._held, self._bytes = [], 0
        self._transport.abort()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.flush()
        self._transport.set_protocol(protocol)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
