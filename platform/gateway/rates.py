"""Requests a second that a tenant, and a project, may ask: quotas of the portal, kept here without asking it."""

from __future__ import annotations

from typing import Protocol

from gateway.problems import Refused
from gateway.routes import RoutingTable


class Limited(Protocol):
    """What is asked for: whose it is, and how many requests a second that one may have; None: any number."""

    @property
    def tenant_id(self) -> str: ...

    @property
    def project_id(self) -> str: ...

    @property
    def tenant_rate(self) -> int | None: ...

    @property
    def project_rate(self) -> int | None: ...


class Rates:
    """A bucket for each tenant and project that has a limit: what a second brings, and as much at once.

    Times are monotonic seconds. A request that one of the two refuses costs the other nothing.
    """

    def __init__(self) -> None:
        # Whose bucket: (requests left, as of when).
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, route: Limited, now: float) -> None:
        """Let one request to it in, or raise Refused."""
        if route.tenant_rate is None and route.project_rate is None:
            return
        whose = (
            ("tenant", f"tenant {route.tenant_id}", route.tenant_rate),
            ("project", f"project {route.project_id}", route.project_rate),
        )
        left: dict[str, float] = {}
        for word, key, rate in whose:
            if rate is None:
                continue
            before, at = self._buckets.get(key, (float(rate), now))
            left[key] = min(float(rate), before + (now - at) * rate)
            if left[key] < 1:
                raise Refused(
                    429,
                    "over-quota",
                    f"The quota of the {word} allows {rate} requests a second, and they are used up. Ask more slowly; "
                    "a tenant administrator can raise it under Settings, Quotas.",
                    1,
                )
        for key, rest in left.items():
            self._buckets[key] = (rest - 1, now)

    def follow(self, table: RoutingTable) -> None:
        """Forget whoever has no route any more."""
        known = {f"tenant {route.tenant_id}" for route in table.routes.values()}
        known |= {f"project {route.project_id}" for route in table.routes.values()}
        for key in self._buckets.keys() - known:
            del self._buckets[key]
