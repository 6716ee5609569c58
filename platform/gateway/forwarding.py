"""From a route to an answer: the split, one second try, and no word of an older attempt."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from gateway.contact import Contact
from gateway.problems import Refused
from gateway.replicas import Question, Replica, Replicas
from gateway.routes import Revision, Route
from gateway.stats import Stats
from gateway.wire import Reply, WireFailed
from runtime.guard import REFUSED

log = logging.getLogger("gateway.forwarding")
# The status of each reason why a tenant's deployments answer nobody, and when to ask again.
_LOCKED = {
    "key-withdrawn": (423, 60),
    "key-destroyed": (410, None),
    "tenant-suspended": (403, 60),
    "tenant-deleted": (410, None),
}

MOST_TRIES = 2


@dataclass(frozen=True, slots=True)
class Answered:
    route: Route
    revision: Revision
    reply: Reply


class Forwarder:
    """A prediction changes nothing, so an unanswered one is asked again, once, of somebody else."""

    def __init__(self, contact: Contact, replicas: Replicas, stats: Stats, within_s: float) -> None:
        self._contact = contact
        self._replicas = replicas
        self._stats = stats
        self._within_s = within_s

    async def ask(self, route: Route, key: str, question: Question) -> Answered:
        """The answer of the revision that the split chose, or of one that stood in for it. Raises Refused."""
        failure: Refused | None = None
        tried: set[Revision] = set()
        while len(tried) < MOST_TRIES:
            # Read anew for each try: the portal may have replaced the replica meanwhile.
            route = self._contact.table.routes.get(route.name, route)
            replica = self._next(route, key, tried)
            if replica is None:
                break
            tried.add(replica.revision)
            self._stats.retries += len(tried) > 1
            answered, failure = await self._try(route, replica, question)
            if answered is not None:
                return answered
            if failure is not None and failure.status == 504:
                break
        raise failure or _nobody(route)

    async def _try(self, route: Route, replica: Replica, question: Question) -> tuple[Answered | None, Refused | None]:
        revision, began = replica.revision, time.perf_counter()
        try:
            reply = await replica.ask(question, self._within_s)
        except WireFailed as failure:
            refused = _failed(revision, failure)
            log.warning("Revision %d of %s gave no answer: %s", revision.number, route.name, failure)
            self._stats.answered(route, revision, refused.status, time.perf_counter() - began)
            return None, refused
        if self._contact.table.is_outdated(revision):
            log.warning("An answer of attempt %d of revision %s is not used.", revision.attempt, revision.id)
            return None, Refused(502, "outdated", "The replica was replaced while it answered; send it again.", 1)
        if reply.status == 401 and reply.header(REFUSED[0]) == REFUSED[1]:
            log.error("Revision %d of %s does not take our token: %s", revision.number, route.name, reply.body[:300])
            self._stats.answered(route, revision, 503, time.perf_counter() - began)
            return None, _estranged(revision)
        if reply.status == 503:
            self._stats.answered(route, revision, 503, time.perf_counter() - began)
            # One that says when to ask again says why.
            said = _said(reply) if reply.header(b"retry-after") else ""
            sentence = said or f"Revision {revision.number} is not ready to answer."
            return None, Refused(503, "not-ready", sentence, 1)
        return Answered(route, revision, _in_words(revision, reply)), None

    def _next(self, route: Route, key: str, tried: set[Revision]) -> Replica | None:
        now = time.monotonic()
        for revision in _candidates(route, key):
            if revision not in tried:
                replica = self._replicas.of(revision)
                if replica.breaker.admits(now):
                    return replica
        return None


def _candidates(route: Route, key: str) -> Iterator[Revision]:
    chosen = route.choose(key)
    if chosen is not None:
        yield chosen
        yield from route.others(chosen)


def _estranged(revision: Revision) -> Refused:
    sentence = f"Revision {revision.number} was started under a service secret that no longer counts; restart it."
    return Refused(503, "replica-estranged", sentence, 60)


def _nobody(route: Route) -> Refused:
    if route.locked:
        status, retry_after_s = _LOCKED.get(route.locked_by, (423, 60))
        return Refused(status, route.locked_by or "key-withdrawn", route.locked, retry_after_s)
    if route.total_weight <= 0 and route.starting:
        return Refused(503, "not-ready", "This deployment is being started; ask again in a few seconds.", 2)
    if route.total_weight <= 0:
        return Refused(503, "no-revision", "No revision of this deployment receives traffic.", 5)
    return Refused(503, "no-replica", "No replica of this deployment answers just now; it is tried again shortly.", 1)


def _failed(revision: Revision, failure: WireFailed) -> Refused:
    if failure.timed_out:
        return Refused(504, "replica-slow", f"Revision {revision.number} did not answer in time.", 5)
    if failure.began:
        return Refused(502, "replica-broke-off", f"Revision {revision.number} broke off its answer.", 1)
    return Refused(503, "replica-away", f"Revision {revision.number} is not answering; it is tried again shortly.", 1)


def _in_words(revision: Revision, reply: Reply) -> Reply:
    """A failure inside the replica, as a sentence: what a model's own code prints on failing is nobody's to read."""
    if reply.status < 500:
        return reply
    sentence = f"Revision {revision.number} failed on this request; its log says why."
    if _said(reply):
        return reply
    return Reply(reply.status, [(b"content-type", b"application/json")], orjson.dumps({"error": sentence}))


def _said(reply: Reply) -> str:
    """The replica's own sentence; empty where it says none."""
    try:
        given = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        return ""
    said = given.get("error") if isinstance(given, dict) else None
    return said if isinstance(said, str) and "\n" not in said else ""
