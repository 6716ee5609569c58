"""How often an address may ask us to check keys that turn out unknown: a token bucket for each, few remembered."""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import IPv6Address

REMEMBERED = 10_000
_HOST_BITS = 64


class AddressLimiter:
    """`per_second` tries on average and `burst` at once for each address. Times are monotonic seconds.

    Of IPv6 the network of 64 bits is one address: whoever has one there has 2 ** 64 of them (RFC 4291, 2.5.1).
    """

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second = per_second
        self._burst = burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str, now: float) -> bool:
        """Whether the address may try once more."""
        address = _counted_as(address)
        left = self.left(address, now)
        allowed = left >= 1
        self._put(address, left - 1 if allowed else left, now)
        return allowed

    def give_back(self, address: str, now: float) -> None:
        """The try was no abuse after all."""
        address = _counted_as(address)
        self._put(address, min(self._burst, self.left(address, now) + 1), now)

    def left(self, address: str, now: float) -> float:
        """How many tries it has at this moment."""
        left, at = self._buckets.get(address, (self._burst, now))
        return min(self._burst, left + (now - at) * self._per_second)

    def _put(self, address: str, left: float, now: float) -> None:
        self._buckets[address] = (left, now)
        self._buckets.move_to_end(address)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)


def _counted_as(address: str) -> str:
    """The address, or its network; what is no IPv6 address, a caller's digest for one, stays as it is."""
    if ":" not in address:
        return address
    try:
        found = IPv6Address(address)
    except ValueError:
        return address
    return str(found.ipv4_mapped or IPv6Address(int(found) >> _HOST_BITS << _HOST_BITS))
