"""Copies of live requests to revisions that nobody hears yet; never on the way of the answer."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace

from gateway.entries import Entry
from gateway.journal import Journal
from gateway.replicas import Question, Replicas
from gateway.routes import Revision, Route
from gateway.stats import Stats
from gateway.wire import WireFailed

log = logging.getLogger("gateway.shadowing")

MOST_AT_ONCE = 64


class Shadows:
    """What cannot be copied at once is dropped and counted: a slow shadow must not fill the memory."""

    def __init__(self, replicas: Replicas, journal: Journal, stats: Stats, within_s: float) -> None:
        self._replicas = replicas
        self._journal = journal
        self._stats = stats
        self._within_s = within_s
        self._tasks: set[asyncio.Task[None]] = set()

    def copy(self, route: Route, question: Question, heard: Entry) -> None:
        """Ask every shadow the same; `heard` is the entry of the answer that the caller got."""
        for revision in route.shadow:
            if len(self._tasks) >= MOST_AT_ONCE:
                self._stats.shadows_dropped += 1
                continue
            task = asyncio.get_running_loop().create_task(self._ask(route, revision, question, heard))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _ask(self, route: Route, revision: Revision, question: Question, heard: Entry) -> None:
        replica = self._replicas.of(revision)
        began = time.perf_counter()
        if not replica.breaker.admits(time.monotonic()):
            self._stats.shadows_dropped += 1
            return
        try:
            reply = await replica.ask(question, self._within_s)
        except WireFailed as failure:
            log.warning("Shadow revision %d of %s gave no answer: %s", revision.number, route.name, failure)
            self._stats.shadowed(route, revision, 503, time.perf_counter() - began)
            return
        latency_s = time.perf_counter() - began
        self._stats.shadowed(route, revision, reply.status, latency_s)
        if route.log:
            copied = replace(heard, revision_id=revision.id, at=time.time(), latency_s=latency_s, shadow=True)
            seen = reply.seen or question.body
            self._journal.put(replace(copied, status=reply.status, request=seen, response=reply.body))
