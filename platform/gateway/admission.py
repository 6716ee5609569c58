"""How much is let in at once: all together, and for each deployment, so that one cannot take the room of the others."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from gateway.problems import Refused


class Admission:
    def __init__(self, most: int, most_per_route: int) -> None:
        self._most = most
        self._most_per_route = most_per_route
        self._by_route: dict[str, int] = {}
        self.in_flight = 0

    @contextmanager
    def slot(self, route: str) -> Generator[None]:
        """A place for one request; raises Refused where there is none."""
        here = self._by_route.get(route, 0)
        if here >= self._most_per_route:
            raise Refused(
                429, "too-many-requests", f"{self._most_per_route} requests to this deployment are in work already.", 1
            )
        if self.in_flight >= self._most:
            raise Refused(503, "gateway-busy", "The gateway has as many requests in work as it can take.", 1)
        self.in_flight += 1
        self._by_route[route] = here + 1
        try:
            yield
        finally:
            self.in_flight -= 1
            left = self._by_route[route] - 1
            if left:
                self._by_route[route] = left
            else:
                del self._by_route[route]
