"""What passes through the doorway: the head of a request, then bytes both ways, counted and in bounded time."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
from dataclasses import dataclass
from typing import Protocol

from foundation.outbound.errors import Unreachable
from foundation.outbound.wire import Deadline
from foundation.words import kept as _

_LONGEST_HEAD, _PIECE = 64 * 1024, 256 * 1024
_NOT_YET = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Counting(Protocol):
    """Who counts: `take` raises where it is too much."""

    deadline: Deadline
    idle_s: float

    def take(self, count: int) -> None: ...


@dataclass(frozen=True)
class Head:
    """A request's first line and headers (names small); `rest` came after them already."""

    method: str
    wanted: str
    headers: dict[str, str]
    lines: list[bytes]
    rest: bytes


def head_of(connection: socket.socket, deadline: Deadline) -> Head:
    """The head of a request or an answer; Unreachable where it is none, too long, or does not come in time."""
    came = bytearray()
    while b"\r\n\r\n" not in came:
        connection.settimeout(deadline.left())
        piece = connection.recv(_LONGEST_HEAD - len(came))
        if not piece or len(came) + len(piece) >= _LONGEST_HEAD:
            raise Unreachable(_("No whole answer came in time."))
        came += piece
    text, _end, rest = bytes(came).partition(b"\r\n\r\n")
    first, *lines = text.split(b"\r\n")
    method, wanted, *_version = [*first.decode("latin-1").split(" "), "", ""]
    pairs = (line.decode("latin-1").partition(":") for line in lines)
    return Head(method, wanted, {name.strip().lower(): value.strip() for name, _colon, value in pairs}, lines, rest)


class _Way:
    """One direction: what was read is passed on before more is read, so that little is held."""

    def __init__(self, source: socket.socket, drain: socket.socket, first: bytes = b"") -> None:
        self.source, self.drain, self.waiting, self.open = source, drain, memoryview(first), True

    def read(self) -> int:
        try:
            piece = self.source.recv(_PIECE)
        except _NOT_YET:
            return 0
        self.waiting = memoryview(piece)
        if not piece:
            self.open = False
            # TLS has no half of a connection to close.
            if not isinstance(self.drain, ssl.SSLSocket):
                with contextlib.suppress(OSError):
                    self.drain.shutdown(socket.SHUT_WR)
        return len(piece)

    def write(self) -> None:
        with contextlib.suppress(*_NOT_YET):
            self.waiting = self.waiting[self.drain.send(self.waiting) :]

    @property
    def unpacked(self) -> bool:
        """Whether TLS has bytes ready that no poll would tell of."""
        return isinstance(self.source, ssl.SSLSocket) and self.open and not self.waiting and self.source.pending() > 0


def relay(client: socket.socket, upstream: socket.socket, first: bytes, visit: Counting) -> None:
    """Pass bytes both ways until the other end has said all, or both are silent; `first` goes out before.

    Unreachable: it took too long as a whole.
    """
    there, back = _Way(client, upstream, first), _Way(upstream, client)
    for connection in (client, upstream):
        connection.setblocking(False)
    while back.open or back.waiting:
        poll = select.poll()
        for connection, reading, writing in ((client, there, back), (upstream, back, there)):
            wanted = select.POLLIN if reading.open and not reading.waiting else 0
            wanted |= select.POLLOUT if writing.waiting else 0
            if wanted:
                poll.register(connection, wanted)
        patience = min(visit.idle_s, visit.deadline.left())
        if back.unpacked:
            ready = [(upstream.fileno(), select.POLLIN)]
        elif not (ready := poll.poll(1000 * patience)):
            # Pooled connections lie idle for good reason; who waits for an answer has a time limit of its own.
            visit.deadline.left()
            return
        for descriptor, _what in ready:
            _pass_on(there, back, descriptor, visit)


def _pass_on(there: _Way, back: _Way, descriptor: int, visit: Counting) -> None:
    for way in (there, back):
        if way.waiting and way.drain.fileno() == descriptor:
            way.write()
        elif way.open and not way.waiting and way.source.fileno() == descriptor:
            count = way.read()
            if way is back:
                visit.take(count)


def shut(connection: socket.socket) -> None:
    """End a connection that another thread waits on."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
