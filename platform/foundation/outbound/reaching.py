"""Plain connections to checked addresses: for databases, and for the doorway."""

from __future__ import annotations

import os
import socket
import struct

from foundation.outbound import targets
from foundation.outbound.errors import Unreachable
from foundation.outbound.targets import Target
from foundation.outbound.wire import Deadline
from foundation.words import kept as _

# Where the kernel's `struct tcp_info` has `tcpi_bytes_received`.
_RECEIVED_AT, _RECEIVED = 128, struct.Struct("=Q")


def addresses_at(host: str, port: int) -> list[str]:
    """The host's addresses, each one checked, in the system's order, for drivers that connect by themselves.

    Refused: one of them is not called from here, or this is no host. Unreachable: the name is not known.
    """
    return targets.addresses_of(targets.at(host, port))


def connect(host: str, port: int, *, timeout_s: float) -> socket.socket:
    """A connection to the first of the host's checked addresses that takes one. Refused or Unreachable else."""
    return connect_to(targets.at(host, port), Deadline(timeout_s))


def connect_to(target: Target, deadline: Deadline) -> socket.socket:
    """As `connect`, to a target that was taken apart."""
    return dial(target, targets.addresses_of(target, patience_s=deadline.left()), deadline)


def dial(target: Target, addresses: list[str], deadline: Deadline) -> socket.socket:
    """A connection to the first of the addresses that takes one; they were checked, or the operator named them."""
    why: OSError | None = None
    for number, address in enumerate(addresses):
        try:
            # One that swallows what is sent leaves time for the others.
            wait = deadline.left() / (len(addresses) - number)
            return socket.create_connection((address, target.port), wait)
        except OSError as error:
            why = error
    if isinstance(why, TimeoutError):
        raise Unreachable(_("%(host)s did not answer in time.") % {"host": target.host}) from why
    cause = getattr(why, "strerror", None) or type(why).__name__
    raise Unreachable(_("%(host)s gave no answer: %(why)s.") % {"host": target.host, "why": cause}) from why


def received(descriptor: int) -> int:
    """Bytes that came over an open connection since it was made."""
    with socket.socket(fileno=os.dup(descriptor)) as same:
        told = same.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return int(_RECEIVED.unpack_from(told, _RECEIVED_AT)[0])
