"""Who asks: address and scheme of a request, as far as they can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from gateway.asgi import Scope

Network = IPv4Network | IPv6Network
# Workloads come over a socket that has no addresses; they run on this machine.
DOOR_ADDRESS = "127.0.0.1"
_SCHEMES = {"http", "https"}
# No way through trusted proxies is longer; more was written by a client to keep us busy.
_MOST_HOPS = 32


@dataclass(frozen=True, slots=True)
class Origin:
    """`through_door`: a workload, which came by the socket that is shown to it."""

    address: str
    scheme: str
    through_door: bool = False


class Origins:
    """`trusted` are the networks of the proxies in front of us, `scheme` what people see who come past none of them."""

    def __init__(self, trusted: Sequence[Network], scheme: str) -> None:
        self._trusted = trusted
        self._scheme = scheme

    def of(self, scope: Scope) -> Origin:
        if not scope["client"]:
            return Origin(DOOR_ADDRESS, self._scheme, through_door=True)
        peer: str = scope["client"][0]
        if not self._is_trusted(an_address(peer)):
            return Origin(peer, self._scheme)
        return Origin(self._client_behind(peer, scope), self._scheme_before(scope))

    def _client_behind(self, peer: str, scope: Scope) -> str:
        """The last hop that is none of the trusted proxies: what stands before it, anybody may have written."""
        found = peer
        for hop in reversed(_values(scope, b"x-forwarded-for")[-_MOST_HOPS:]):
            address = an_address(hop)
            if address is None:
                return found
            found = str(address)
            if not self._is_trusted(address):
                return found
        return found

    def _scheme_before(self, scope: Scope) -> str:
        told = _values(scope, b"x-forwarded-proto")[-1:]
        return told[0].lower() if told and told[0].lower() in _SCHEMES else self._scheme

    def _is_trusted(self, address: IPv4Address | IPv6Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)


def _values(scope: Scope, name: bytes) -> list[str]:
    """A header that may come on several lines and with commas, as one list."""
    lines = b",".join(value for key, value in scope["headers"] if key.lower() == name)
    return [part.strip() for part in lines.decode("latin-1").split(",") if part.strip()]


@lru_cache(maxsize=4096)
def an_address(text: str) -> IPv4Address | IPv6Address | None:
    """Some proxies write a port behind it, and brackets around it."""
    bare = text[1:].partition("]")[0] if text.startswith("[") else text
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ip_address(bare)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
