"""How much is let in at once: all together, and for each deployment, so that one cannot take the room of the others."""

from __future__ import annotations

from types import TracebackType

from gateway.problems import Refused


class Admission:
    def __init__(self, most: int, most_per_route: int) -> None:
        self._most = most
        self._most_per_route = most_per_route
        self._by_route: dict[str, int] = {}
        self.in_flight = 0

    def slot(self, route: str) -> Slot:
        """A place for one request, held by `with`; raises Refused where there is none."""
        return Slot(self, route)

    def enter(self, route: str) -> None:
        here = self._by_route.get(route, 0)
        if here >= self._most_per_route:
            raise Refused(
                429, "too-many-requests", f"{self._most_per_route} requests to this deployment are in work already.", 1
            )
        if self.in_flight >= self._most:
            raise Refused(503, "gateway-busy", "The gateway has as many requests in work as it can take.", 1)
        self.in_flight += 1
        self._by_route[route] = here + 1

    def leave(self, route: str) -> None:
        self.in_flight -= 1
        left = self._by_route[route] - 1
        if left:
            self._by_route[route] = left
        else:
            del self._by_route[route]


class Slot:
    """One request's place; a class, since each request pays twice as much for a generator."""

    __slots__ = ("_admission", "_route")

    def __init__(self, admission: Admission, route: str) -> None:
        self._admission, self._route = admission, route

    def __enter__(self) -> None:
        self._admission.enter(self._route)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._admission.leave(self._route)
