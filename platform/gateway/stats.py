"""Live counters of every revision, for the portal's pages and for Prometheus; a record costs about a microsecond."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from gateway.routes import Revision, Route, RoutingTable
from gateway.sketch import Sketch, quantiles

SECONDS_KEPT = 120
WINDOW_S = 10
WINDOWS = 6
FORGET_AFTER_S = 600
LATENCY_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass
class Histogram:
    """Counts per bound of LATENCY_BOUNDS, the last one for what is slower; `total` in seconds."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(LATENCY_BOUNDS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(LATENCY_BOUNDS, seconds)] += 1
        self.total += seconds


@dataclass
class RevisionStats:
    """What one revision was asked and how it answered; errors are answers of 500 and above, or none."""

    route: str
    tenant_id: str
    deployment_id: str
    number: int
    shadow: bool
    requests: int = 0
    errors: int = 0
    refused: int = 0
    last_at: float = 0.0
    seconds: deque[list[int]] = field(default_factory=lambda: deque(maxlen=SECONDS_KEPT))
    windows: deque[tuple[int, Sketch]] = field(default_factory=lambda: deque(maxlen=WINDOWS))

    def record(self, status: int, latency_s: float, now: float) -> None:
        second = int(now)
        self.last_at = now
        if not self.seconds or self.seconds[-1][0] != second:
            self.seconds.append([second, 0, 0])
            if not self.windows or self.windows[-1][0] != second // WINDOW_S:
                self.windows.append((second // WINDOW_S, Sketch()))
        latest = self.seconds[-1]
        latest[1] += 1
        self.requests += 1
        if status >= 500:
            self.errors += 1
            latest[2] += 1
        elif status >= 400:
            self.refused += 1
        self.windows[-1][1].add(latency_s)

    def as_document(self, now: float) -> dict[str, Any]:
        recent = [sketch for window, sketch in self.windows if (window + WINDOWS) * WINDOW_S >= now]
        p50, p95, p99 = (None if s is None else round(s * 1000, 3) for s in quantiles(recent, (0.5, 0.95, 0.99)))
        return {
            "number": self.number,
            "shadow": self.shadow,
            "requests": self.requests,
            "errors": self.errors,
            "refused": self.refused,
            "latency_ms": {"p50": p50, "p95": p95, "p99": p99, "window_s": WINDOWS * WINDOW_S},
            "per_second": [list(one) for one in self.seconds if one[0] > now - SECONDS_KEPT],
            "last_at": self.last_at or None,
        }


class Stats:
    """All counters of the process. Unix time throughout, since pages draw it."""

    def __init__(self) -> None:
        self.started_at = time.time()
        self.revisions: dict[tuple[str, bool], RevisionStats] = {}
        self.latencies: dict[str, Histogram] = {}
        self.statuses: dict[tuple[str, int], int] = {}
        self.kinds: dict[tuple[str, int], int] = {}
        self.kind_latencies: dict[str, Histogram] = {}
        self.refusals: dict[str, int] = {}
        self.in_flight = 0
        self.websockets = 0
        self.retries = 0
        self.shadows_dropped = 0

    def answered(self, route: Route, revision: Revision, status: int, latency_s: float) -> None:
        """A request that a revision was asked, answered or not."""
        self._of(route, revision, shadow=False).record(status, latency_s, time.time())
        key = (route.name, status // 100)
        self.statuses[key] = self.statuses.get(key, 0) + 1
        histogram = self.latencies.get(route.name)
        if histogram is None:
            histogram = self.latencies[route.name] = Histogram()
        histogram.add(latency_s)

    def shadowed(self, route: Route, revision: Revision, status: int, latency_s: float) -> None:
        self._of(route, revision, shadow=True).record(status, latency_s, time.time())

    def passed(self, kind: str, status: int, latency_s: float) -> None:
        """A request that was proxied: kind `page` or `websocket`."""
        key = (kind, status // 100)
        self.kinds[key] = self.kinds.get(key, 0) + 1
        self.kind_latencies.setdefault(kind, Histogram()).add(latency_s)

    def refused(self, slug: str) -> None:
        self.refusals[slug] = self.refusals.get(slug, 0) + 1

    def follow(self, table: RoutingTable) -> None:
        """Forget revisions no longer named and silent for ten minutes, and the series of routes that are gone."""
        named = {one.id for one in table.replicas()}
        horizon = time.time() - FORGET_AFTER_S
        for key in [k for k, one in self.revisions.items() if k[0] not in named and one.last_at < horizon]:
            del self.revisions[key]
        for name in [name for name in self.latencies if name not in table.routes]:
            del self.latencies[name]
        for series in [series for series in self.statuses if series[0] not in table.routes]:
            del self.statuses[series]

    def as_document(self) -> dict[str, Any]:
        """{"at", "started_at", "deployments": {id: {"tenant_id", "name", "revisions": {id: …}, "shadow": {id: …}}}}"""
        now = time.time()
        deployments: dict[str, Any] = {}
        for (revision_id, shadow), one in self.revisions.items():
            empty = {"tenant_id": one.tenant_id, "name": one.route, "revisions": {}, "shadow": {}}
            deployment = deployments.setdefault(one.deployment_id, empty)
            deployment["shadow" if shadow else "revisions"][revision_id] = one.as_document(now)
        return {"at": now, "started_at": self.started_at, "deployments": deployments}

    def _of(self, route: Route, revision: Revision, *, shadow: bool) -> RevisionStats:
        key = (revision.id, shadow)
        found = self.revisions.get(key)
        if found is None:
            found = RevisionStats(route.name, route.tenant_id, route.deployment_id, revision.number, shadow)
            self.revisions[key] = found
        return found
