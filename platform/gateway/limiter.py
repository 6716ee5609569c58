"""How often an address may ask us to check keys that turn out unknown: a token bucket for each, few remembered."""

from __future__ import annotations

from collections import OrderedDict

REMEMBERED = 10_000


class AddressLimiter:
    """`per_second` tries on average and `burst` at once for each address. Times are monotonic seconds."""

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second = per_second
        self._burst = burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str, now: float) -> bool:
        """Whether the address may try once more."""
        left = self._left(address, now)
        allowed = left >= 1
        self._put(address, left - 1 if allowed else left, now)
        return allowed

    def give_back(self, address: str, now: float) -> None:
        """The try was no abuse after all."""
        self._put(address, min(self._burst, self._left(address, now) + 1), now)

    def _left(self, address: str, now: float) -> float:
        left, at = self._buckets.get(address, (self._burst, now))
        return min(self._burst, left + (now - at) * self._per_second)

    def _put(self, address: str, left: float, now: float) -> None:
        self._buckets[address] = (left, now)
        self._buckets.move_to_end(address)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
