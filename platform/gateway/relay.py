"""The way of replicas to the online store: they have no network, and are shown a socket that is answered here.

A replica says who it is by a name that the portal lent it, and asks for values; the store lets that name do nothing
else. Nothing else goes on from here either, whatever the store would allow: each command is read, and written anew. So
the store's own socket, and whatever it lets nobody's connections do, is shown to no workload, and a store that is
reached over a network is reached by replicas without one.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from typing import Any, cast

import hiredis

from runtime.online.wire import WITHIN_S, Place, command

log = logging.getLogger("gateway.relay")

READER = b"sanad-reader-"
MOST_CONNECTIONS = 256
# Of one user of the system: a replica holds one or two, and one that opens more shuts out none of the others.
MOST_OF_ONE = 64
_CREDENTIALS = struct.Struct("3i")
# A thousand names of a view, for twenty views.
MOST_NAMES = 20_000
MOST_WAITING_BYTES = 4 * 1024 * 1024
_LET_IN = b"+OK\r\n"
_CLOSED = b"-ERR This is answered to readers of the online store alone.\r\n"


async def open_relay(listener: socket.socket, store_url: str) -> asyncio.Server:
    """Answer replicas on a socket that is bound already; close what is returned to end it."""
    place, open_now = Place(store_url), set[_FromReplica]()
    return await asyncio.get_running_loop().create_unix_server(lambda: _FromReplica(place, open_now), sock=listener)


class _FromReplica(asyncio.Protocol):
    """One connection of a replica, with one of its own to the store."""

    def __init__(self, place: Place, open_now: set[_FromReplica]) -> None:
        self._place, self._open_now = place, open_now
        self._parser = hiredis.Reader()
        self._waiting_bytes = 0
        # What came before there was somebody to pass it on to.
        self._early = b""
        self._asked_in = self._let_in = False
        self._opening: asyncio.Task[None] | None = None
        self._store: asyncio.Transport | None = None
        self.transport: asyncio.Transport | None = None
        self.user = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.user = _user_of(self.transport)
        of_one = sum(one.user == self.user for one in self._open_now)
        if len(self._open_now) >= MOST_CONNECTIONS or of_one >= MOST_OF_ONE:
            self.transport.abort()
            return
        self._open_now.add(self)
        self._opening = asyncio.get_running_loop().create_task(self._open())

    async def _open(self) -> None:
        loop, place = asyncio.get_running_loop(), self._place
        try:
            async with asyncio.timeout(WITHIN_S):
                if place.path:
                    await loop.create_unix_connection(lambda: _FromStore(self), place.path)
                else:
                    await loop.create_connection(lambda: _FromStore(self), place.host, place.port)
        except OSError as error:
            log.warning("The online store cannot be reached for a replica: %s", error)
            self.close()

    def store_opened(self, store: asyncio.Transport) -> None:
        self._store = store
        if self.transport is None or self.transport.is_closing():
            store.abort()
            return
        early, self._early = self._early, b""
        if early:
            self.data_received(early)

    def data_received(self, data: bytes) -> None:
        if self._store is None:
            self._early += data
            if len(self._early) > MOST_WAITING_BYTES:
                self._refuse()
            return
        try:
            self._parser.feed(data)
            self._waiting_bytes += len(data)
            while (asked := self._parser.gets()) is not False:
                self._waiting_bytes = 0
                self._pass_on(asked)
        except hiredis.ProtocolError:
            self._refuse()
        if self._waiting_bytes > MOST_WAITING_BYTES:
            self._refuse()

    def _pass_on(self, asked: Any) -> None:
        if self._store is None or self.transport is None or self.transport.is_closing():
            return
        if self._is_allowed(asked):
            self._store.write(command(asked))
        else:
            self._refuse()

    def _is_allowed(self, asked: Any) -> bool:
        if not isinstance(asked, list) or not asked or not all(isinstance(word, bytes) for word in asked):
            return False
        word = asked[0].upper()
        if word == b"AUTH":
            allowed = not self._asked_in and len(asked) == 3 and asked[1].startswith(READER)
            self._asked_in = True
            return allowed
        if word == b"SELECT":
            return self._let_in and asked[1:] == [self._place.number.encode()]
        return self._let_in and word == b"MGET" and 2 <= len(asked) <= MOST_NAMES

    def _refuse(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(_CLOSED)
            self.transport.close()

    def close(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def answered(self, data: bytes) -> None:
        if self.transport is None:
            return
        self.transport.write(data)
        if not self._let_in:
            # A store may let in whoever says nothing, and a name that it refuses leaves it at that.
            self._let_in = data == _LET_IN
            if not self._let_in:
                self.transport.close()

    # A replica that does not read keeps the store's answers waiting there, and none of our memory.
    def pause_writing(self) -> None:
        if self._store is not None:
            self._store.pause_reading()

    def resume_writing(self) -> None:
        if self._store is not None and not self._store.is_closing():
            self._store.resume_reading()

    def pause_reading(self) -> None:
        if self.transport is not None:
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._open_now.discard(self)
        if self._store is not None:
            self._store.abort()
        if self._opening is not None and self._store is None:
            self._opening.cancel()


def _user_of(transport: asyncio.Transport) -> int:
    """The user of the system at the other end, as the kernel says."""
    told = transport.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _process, user, _group = _CREDENTIALS.unpack(told)
    return int(user)


class _FromStore(asyncio.Protocol):
    def __init__(self, replica: _FromReplica) -> None:
        self._replica = replica

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._replica.store_opened(cast(asyncio.Transport, transport))

    def data_received(self, data: bytes) -> None:
        self._replica.answered(data)

    def pause_writing(self) -> None:
        self._replica.pause_reading()

    def resume_writing(self) -> None:
        self._replica.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._replica.close()
