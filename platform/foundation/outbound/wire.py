"""Connections that go to checked addresses alone and end at their deadline, however little comes at a time."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpcore2

from foundation.outbound.errors import Unreachable
from foundation.words import kept as _

_PIECE = 16 * 1024


class Deadline:
    """The end of the whole call, redirects included."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left; Unreachable where none are."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise Unreachable(_("No whole answer came in time."))
        return left

    def within(self, timeout: float | None) -> float:
        return self.left() if timeout is None else min(timeout, self.left())


class CheckedBackend(httpcore2.NetworkBackend):
    """Connects to `addresses` of the host that is asked for, and to no host that it was not told of."""

    def __init__(self, addresses: Mapping[tuple[str, int], Sequence[str]], deadline: Deadline) -> None:
        self._addresses, self._deadline, self._inner = addresses, deadline, httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        failure: Exception = httpcore2.ConnectError(f"{host} has no address")
        for address in self._addresses[host, port]:
            try:
                wait = self._deadline.within(timeout)
                stream = self._inner.connect_tcp(address, port, wait, local_address, socket_options)
                return _Timed(stream, self._deadline)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure


class _Timed(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # `sendall` bounds the whole piece, where the library bounds each of any number of single sends.
        open_socket: socket.socket = self._inner.get_extra_info("socket")
        try:
            for start in range(0, len(buffer), _PIECE):
                open_socket.settimeout(self._deadline.within(timeout))
                open_socket.sendall(buffer[start : start + _PIECE])
        except TimeoutError as error:
            raise httpcore2.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore2.WriteError(str(error)) from error

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        wait = self._deadline.within(timeout)
        return _Timed(self._inner.start_tls(ssl_context, server_hostname, wait), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
