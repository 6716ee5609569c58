"""The inference servers behind the routes: their connections, their health, and nobody of an older attempt."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.asgi import Headers
from gateway.breaker import Breaker
from gateway.routes import Revision, RoutingTable
from gateway.wire import Pool, Reply, WireFailed, request_head, without_seen
from runtime.service_tokens import HEADER, Caller

log = logging.getLogger("gateway.replicas")
_HEADER = HEADER.encode()


@dataclass(frozen=True, slots=True)
class Question:
    """What every replica that is asked gets: the same bytes, whoever answers."""

    method: bytes
    target: bytes
    headers: Headers
    body: bytes


@dataclass(eq=False)
class Replica:
    """One process of one attempt of one revision.

    `caller` shows it a standing token: a prediction changes nothing that a repeated one could change again, and signing
    (15 µs) and reading (25 µs) one for each would cost as much as the whole way to the replica and back.
    """

    revision: Revision
    pool: Pool
    caller: Caller
    breaker: Breaker = field(default_factory=Breaker)

    async def ask(self, question: Question, within_s: float) -> Reply:
        """Its whole answer. Raises WireFailed after noting the failure."""
        headers = [*question.headers, (b"x-sanad-attempt", b"%d" % self.revision.attempt)]
        headers.append((_HEADER, self.caller.standing().encode()))
        length = len(question.body) if question.method == b"POST" else None
        head = request_head(question.method, question.target, self.pool.host, headers, length)
        try:
            reply = await self._on_a_living_connection(head, question.body, within_s)
        except WireFailed:
            self.breaker.failed(time.monotonic())
            raise
        if self.breaker.failures:
            self.breaker.succeeded()
        return without_seen(reply)

    async def _on_a_living_connection(self, head: bytes, body: bytes, within_s: float) -> Reply:
        try:
            return await self.pool.ask(head, body, within_s)
        except WireFailed as failure:
            if not failure.reused:
                raise
            # A kept connection that died while idle says nothing about its server: all of them go, a new one asks.
            self.pool.drop_idle()
            return await self.pool.ask(head, body, within_s)


class Replicas:
    """One Replica for each id, address and attempt that the routing table names."""

    def __init__(self, caller_to: Callable[[str], Caller]) -> None:
        self._caller_to = caller_to
        self._all: dict[tuple[str, str, int], Replica] = {}

    def of(self, revision: Revision) -> Replica:
        key = (revision.id, revision.address, revision.attempt)
        replica = self._all.get(key)
        if replica is None:
            replica = self._all[key] = Replica(
                revision, Pool(revision.address), self._caller_to(f"replica:{revision.id}:{revision.attempt}")
            )
        return replica

    def follow(self, table: RoutingTable) -> None:
        """Let go of replicas that the table no longer names; what they were asked already, they may still answer."""
        named = {(one.id, one.address, one.attempt) for one in table.replicas()}
        for key in [key for key in self._all if key not in named]:
            self._all.pop(key).pool.retire()

    def close(self) -> None:
        for replica in self._all.values():
            replica.pool.retire()
