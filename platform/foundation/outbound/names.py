"""What a name stands for: asked once for each call, and in bounded time."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from contextlib import contextmanager
from functools import lru_cache
from ipaddress import ip_address

from foundation.outbound.addresses import Address, read
from foundation.outbound.errors import Unreachable
from foundation.words import kept as _

log = logging.getLogger("sanad.outbound")
PATIENCE_S = 5.0


@lru_cache(maxsize=1)
def _threads(_process: int) -> ThreadPoolExecutor:
    """A resolver that does not answer holds a thread of these and never the caller; a fork has none of its parent's."""
    return ThreadPoolExecutor(max_workers=8, thread_name_prefix="names")


class UnknownName(Unreachable):
    """No resolver knows it, at present."""


def look_up(host: str, port: int, *, patience_s: float) -> list[Address]:
    """Its addresses in the system's order; UnknownName where there are none, or not in time."""
    try:
        return [ip_address(host)]
    except ValueError:
        pass
    asked = _threads(os.getpid()).submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        found = asked.result(timeout=min(patience_s, PATIENCE_S))
    except TooLate:
        asked.cancel()
        raise UnknownName(_("The name %(host)s was not resolved in time.") % {"host": host}) from None
    except (OSError, UnicodeError):
        raise UnknownName(_("The name %(host)s is not known.") % {"host": host}) from None
    return list(dict.fromkeys(read(str(entry[4][0])) for entry in found))


@contextmanager
def unknown_passes() -> Iterator[None]:
    """Let a name that is unknown at present through, where nothing is sent yet."""
    try:
        yield
    except UnknownName as error:
        log.info("%s", error)
