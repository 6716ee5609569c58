"""A door for libraries that call out by themselves: a proxy on loopback inside this process.

An SDK looks a name up itself and connects to what it hears, so a name could answer otherwise at its second look. Behind
this proxy it looks nothing up: names are looked up here, held against the rules, and the connection is made to the very
address that was checked. Every visit has a name and password of its own, its bytes and its time are counted, and what
was refused is kept for it in words: the SDK itself only sees that its proxy said no.
"""

from __future__ import annotations

import base64
import binascii
import logging
import os
import secrets
import socket
import threading
from functools import lru_cache
from hmac import compare_digest

from django.utils.translation import get_language, override

from foundation.errors import PortalError
from foundation.outbound import proxying, relaying, targets
from foundation.outbound.errors import AnswerTooLarge, Refused, Unreachable
from foundation.outbound.wire import Deadline
from foundation.words import kept as _

log = logging.getLogger("sanad.outbound")
# A visit's connections at once: an SDK's pool holds ten.
_MOST_CONNECTIONS = 32
# Of all visits together.
_MOST_VISITORS = 256
_HEAD_S, _CONNECT_S = 10.0, 15.0
_SAY = {200: "Connection established", 403: "Forbidden", 407: "Proxy Authentication Required", 502: "Bad Gateway"}


class Visit:
    """One use of the door: a context manager; `url` is the proxy that the library is told, with its secret.

    At its end, or where it went beyond `total_s` seconds, `most_bytes` of answers or `idle_s` seconds of silence, its
    connections are cut. `refused` is why the door said no at last, if it did.
    """

    def __init__(self, *, total_s: float, most_bytes: int, idle_s: float = 60.0) -> None:
        self.deadline, self.idle_s, self._left = Deadline(total_s), idle_s, most_bytes
        self.name, self.password = secrets.token_hex(8), secrets.token_hex(16)
        self.refused: PortalError | None = None
        self.language = get_language() or "en"
        self._most, self._open, self._lock, self._ended = most_bytes, set[socket.socket](), threading.Lock(), False

    def __repr__(self) -> str:
        return f"<Visit {self.name}>"

    def __enter__(self) -> Visit:
        self._door = _door(os.getpid())
        self._door.visits[self.name] = self
        return self

    def __exit__(self, *_error: object) -> None:
        self._door.visits.pop(self.name, None)
        self.cut()

    @property
    def url(self) -> str:
        return f"http://{self.name}:{self.password}@127.0.0.1:{self._door.port}"

    def take(self, count: int) -> None:
        """Count bytes of an answer; AnswerTooLarge where they are too many."""
        with self._lock:
            self._left -= count
            if self._left < 0:
                raise AnswerTooLarge(_("The answer is longer than %(most)s bytes.") % {"most": self._most})

    def hold(self, connection: socket.socket) -> None:
        """Keep a connection to be cut with the visit; Refused where there are too many, or it has ended."""
        with self._lock:
            if self._ended or len(self._open) >= 2 * _MOST_CONNECTIONS:
                raise Refused(_("Too many connections were opened at once."))
            self._open.add(connection)

    def let_go(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)
        connection.close()

    def cut(self) -> None:
        """End every connection; none is opened any more."""
        with self._lock:
            self._ended = True
            for connection in self._open:
                relaying.shut(connection)


class _Door:
    """The listener of this process; each connection has a thread, which ends with its visit."""

    def __init__(self) -> None:
        self.visits: dict[str, Visit] = {}
        self._places = threading.Semaphore(_MOST_VISITORS)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, name="doorway", daemon=True).start()

    def _listen(self) -> None:
        while True:
            # Whoever is in already goes first: here and on this machine alone somebody could knock without end.
            self._places.acquire()
            try:
                client, _address = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), name="doorway-visit", daemon=True).start()
            except OSError as error:
                self._places.release()
                log.warning("The doorway could not let somebody in: %s", error.strerror)

    def _serve(self, client: socket.socket) -> None:
        try:
            head = relaying.head_of(client, Deadline(_HEAD_S))
            visit = self._visit_of(head)
            if visit is None:
                return _answer(client, 407)
            with override(visit.language):
                _let_through(client, head, visit)
        except (OSError, Unreachable) as error:
            log.debug("A connection at the doorway ended: %s", error)
        finally:
            client.close()
            self._places.release()

    def _visit_of(self, head: relaying.Head) -> Visit | None:
        kind, _space, given = head.headers.get("proxy-authorization", "").partition(" ")
        try:
            name, _colon, password = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        visit = self.visits.get(name)
        known = visit is not None and compare_digest(visit.password.encode(), password.encode())
        return visit if known and kind.lower() == "basic" else None


@lru_cache(maxsize=1)
def _door(_process: int) -> _Door:
    """A fork has none of its parent's threads, so it gets a door of its own."""
    return _Door()


def _let_through(client: socket.socket, head: relaying.Head, visit: Visit) -> None:
    upstream: socket.socket | None = None
    try:
        visit.hold(client)
        target = _target_of(head)
        upstream, first = proxying.reach(head, target, Deadline(min(_CONNECT_S, visit.deadline.left())))
        visit.hold(upstream)
        if head.method == "CONNECT":
            _answer(client, 200, "")
        relaying.relay(client, upstream, first, visit)
    except PortalError as error:
        visit.refused = error
        log.info("The doorway said no: %s", error)
        if upstream is None:
            _answer(client, 403 if isinstance(error, Refused) else 502)
    finally:
        if upstream is not None:
            visit.let_go(upstream)
        visit.let_go(client)


def _target_of(head: relaying.Head) -> targets.Target:
    """Where a client wants to go, by `CONNECT host:port` or by a whole address of http."""
    if head.method != "CONNECT":
        target = targets.read(head.wanted)
        if target.scheme != "http":
            raise Refused(_("Only addresses that begin with https:// or http:// are called."))
        return target
    host, _colon, port = head.wanted.rpartition(":")
    return targets.at(host, int(port) if port.isdecimal() and len(port) < 6 else 0)


def _answer(client: socket.socket, status: int, heads: str = "Content-Length: 0\r\nConnection: close\r\n") -> None:
    if status == 407:
        heads += 'Proxy-Authenticate: Basic realm="doorway"\r\n'
    client.sendall(f"HTTP/1.1 {status} {_SAY[status]}\r\n{heads}\r\n".encode())
