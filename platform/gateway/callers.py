"""How often one caller may ask: a bucket for each token or session, and one for each address."""

from __future__ import annotations

import math
import time
from hashlib import sha256

from gateway.asgi import Headers, Scope, header
from gateway.limiter import AddressLimiter
from gateway.problems import Refused

# A caller that was quiet may ask for so many seconds' worth at once: a page with its files, a client that starts.
BURST_S = 10
_COOKIE = b"sanad_session="


class Callers:
    """`per_caller` and `per_address` are requests per second; each process of the gateway counts for itself."""

    def __init__(self, per_caller: float, per_address: float | None = None) -> None:
        self._per_caller = per_caller
        self._callers = AddressLimiter(per_caller, per_caller * BURST_S)
        self._addresses = None if per_address is None else AddressLimiter(per_address, per_address * BURST_S)

    def check(self, scope: Scope, address: str | None) -> Headers:
        """Refused with 429 for who asks too often. `address` is None at the door of workloads, which has none.

        Gives what the answer says of the caller's own limit, for whoever shows a token or session.
        """
        now = time.monotonic()
        caller = _caller(scope)
        if caller is not None and not self._callers.take(caller, now):
            raise _too_often("This token or session asks")
        if self._addresses is not None and address is not None and not self._addresses.take(address, now):
            raise _too_often("Your address asks")
        return [] if caller is None else self._said(self._callers.left(caller, now))

    def _said(self, left: float) -> Headers:
        """By draft-ietf-httpapi-ratelimit-headers-10: so many within so many seconds; so many left, all again when."""
        most = int(self._per_caller * BURST_S)
        whole_in = math.ceil((most - left) / self._per_caller)
        return [
            (b"ratelimit-policy", f'"caller";q={most};w={BURST_S}'.encode("ascii")),
            (b"ratelimit", f'"caller";r={int(left)};t={whole_in}'.encode("ascii")),
        ]


def _caller(scope: Scope) -> str | None:
    """A digest of what the caller shows; neither token nor cookie is kept."""
    shown = header(scope, b"authorization") or _session(header(scope, b"cookie") or b"")
    return sha256(shown).hexdigest() if shown else None


def _session(cookie: bytes) -> bytes:
    _before, found, rest = cookie.partition(_COOKIE)
    return rest.partition(b";")[0] if found else b""


def _too_often(who: str) -> Refused:
    sentence = f"{who} more often than is allowed here. Wait a second, and send fewer requests with more in each."
    return Refused(429, "too-often", sentence, 1)
