"""Features online: POST /features/online, answered here by one question to the store.

The portal is asked once for each key and question: whether it may, and by which plan, which holds the views' secrets.
Plans stay in memory, are confirmed while they are in use as keys are, and are dropped at every change of what they say.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from gateway.admission import Admission
from gateway.asgi import ClientGone, Headers, Receive, Scope, Send, answer, request_id_of
from gateway.bodies import read_body
from gateway.callers import Callers
from gateway.contact import Contact
from gateway.keys import Key, Keys, Verdict, digest_of
from gateway.origin import Origins
from gateway.portal import Portal, PortalAway
from gateway.problems import Problems, Refused
from gateway.questions import check_head, invalid, key_refused, parsed_question, request_refused
from gateway.rates import Rates
from gateway.stats import Stats
from runtime.online import (
    AsyncReader,
    AsyncStore,
    KeyRefused,
    NotOurs,
    OnlineView,
    Plan,
    RequestRefused,
    StoreAway,
    check_requests,
    results,
    told_beside,
)
from runtime.online.reading import Answer, OfView
from runtime.online.samples import FIELD, MOST_WAITING, Sampler, queue_of

log = logging.getLogger("gateway.features")

FEATURES = frozenset({b"/features/online", b"/features/online/"})
MOST_BODY_BYTES = 8 * 1024 * 1024
# Entities times views: what takes longer would keep everybody else waiting.
MOST_VALUES = 10_000
MOST_VIEWS_KNOWN = 500
# Each with its plan, some ten kilobytes; whoever asks for the same features in every order has no more than these.
MOST_QUESTIONS_KNOWN = 5_000
TELL_AGAIN_AFTER_S = 10.0


@dataclass(slots=True)
class Reading(Verdict):
    """The portal's word on a key and a question, and what to read by."""

    tenant_id: str = ""
    project_id: str = ""
    tenant_rate: int | None = None
    project_rate: int | None = None
    plan: Plan = field(default_factory=lambda: Plan(()))


class FeatureKeys(Keys):
    """Admits bearers of keys to questions about features."""

    def __init__(self, portal: Portal, contact: Contact, stale_limit_s: float) -> None:
        super().__init__(portal, contact, stale_limit_s)
        self._views: OrderedDict[UUID, OnlineView] = OrderedDict()
        self._dropped_at = float("-inf")
        contact.on_features.append(self.drop_plans)
        # A tenant that withdrew its key or is suspended changes the routes.
        contact.on_table.append(lambda _table: self.drop_plans())

    async def admit_to(self, authorization: bytes | None, question: str, address: str) -> Reading:
        """The reading of an allowed key; raises Refused for every other."""
        verdict = await self._admitted((digest_of(authorization), question, "features"), address)
        if not isinstance(verdict, Reading):
            raise TypeError("a plan of features is missing")
        return verdict

    def drop_plans(self) -> None:
        """Ask for every plan anew, and forget what was opened by the old ones."""
        self._dropped_at = time.monotonic()
        self.known.clear()
        self._denied.clear()
        self._views.clear()

    async def _asked(self, key: Key, address: str) -> dict[str, Any]:
        return await self._portal.features(key[0], orjson.loads(key[1]), address)

    def _parsed(self, document: dict[str, Any], began: float) -> Verdict:
        verdict = Verdict.parse(document, began)
        if not verdict.allowed:
            return verdict
        plan, limits = Plan.parse(document["plan"], self._views), document.get("limits") or {}
        return Reading(
            allowed=True,
            sentence="",
            actor=verdict.actor,
            expires_at=verdict.expires_at,
            checked_at=began,
            networks=verdict.networks,
            tenant_id=str(document["tenant_id"]),
            project_id=str(document["project_id"]),
            tenant_rate=limits.get("tenant"),
            project_rate=limits.get("project"),
            plan=plan,
        )

    def _remember(self, key: Key, verdict: Verdict) -> None:
        # What was asked before a change may be of before it: it answers whoever waits, and nobody after.
        if verdict.checked_at <= self._dropped_at:
            return
        super()._remember(key, verdict)
        for known in (self.known, self._denied):
            while len(known) > MOST_QUESTIONS_KNOWN:
                known.popitem(last=False)
        for view in verdict.plan.online_views if isinstance(verdict, Reading) else ():
            self._views[view.id] = view
            self._views.move_to_end(view.id)
        while len(self._views) > MOST_VIEWS_KNOWN:
            self._views.popitem(last=False)


class Features:
    """Answers /features/online."""

    def __init__(
        self,
        *,
        origins: Origins,
        keys: FeatureKeys,
        callers: Callers,
        admission: Admission,
        rates: Rates,
        store: AsyncStore,
        portal: Portal,
        stats: Stats,
        problems: Problems,
    ) -> None:
        self._origins = origins
        self._keys = keys
        self._callers = callers
        self._admission = admission
        self._rates = rates
        self._store = store
        self._portal = portal
        self._stats = stats
        self._problems = problems
        self._sampler = Sampler()
        self._told: dict[UUID, float] = {}
        self._telling: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        headers: dict[bytes, bytes] = dict(scope["headers"])
        request_id = request_id_of(headers.get(b"x-request-id"))
        status = 200
        try:
            check_head(scope, headers)
            said = self._callers.check(scope, None)
            body = await read_body(receive, headers, MOST_BODY_BYTES, fewer="entities")
            question, entities, requests = parsed_question(body)
            reading = await self._keys.admit_to(headers.get(b"authorization"), question, self._address(scope))
            self._rates.take(reading, time.monotonic())
            with self._admission.slot(f"features of {reading.tenant_id}"):
                told = await self._read(reading, entities, requests)
            lines: Headers = [(b"x-request-id", request_id.encode("ascii")), (b"cache-control", b"no-store"), *said]
            await answer(send, 200, told, lines)
        except Refused as refused:
            status = refused.status
            self._stats.refused(refused.slug)
            await self._problems.send_problem(send, refused, request_id, "/features/online")
        except ClientGone:
            status = 499
            self._stats.refused("client-gone")
        self._stats.passed("features", status, time.perf_counter() - started)

    async def close(self) -> None:
        for telling in self._telling:
            telling.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)

    async def _read(
        self, reading: Reading, entities: Sequence[Mapping[str, Any]], requests: Sequence[Mapping[str, Any]]
    ) -> bytes:
        plan = reading.plan
        if len(entities) * plan.width > MOST_VALUES:
            raise invalid(
                f"Entities times views and on-demand features are at most {MOST_VALUES} in one request; send fewer "
                "entities."
            )
        try:
            requests = told_beside(plan.derived, entities, requests)
            check_requests(plan.derived, requests)
        except RequestRefused as refused:
            raise request_refused(refused) from refused
        now_us = time.time_ns() // 1_000
        try:
            found = await AsyncReader(self._store, plan.online_views).read(entities, now_us=now_us)
        except KeyRefused as refused:
            raise key_refused(refused) from refused
        except StoreAway as away:
            raise Refused(503, "store-away", "The online store does not answer. Try again in a moment.", 1) from away
        except NotOurs as error:
            raise Refused(503, "value-sealed", "A value online cannot be opened. Put the view online again.") from error
        if gone := [one for one in found.views if not one.is_online]:
            self._tell(reading, gone)
        self._keep(reading, entities, found, now_us)
        return orjson.dumps({"results": results(plan, entities, found, requests)})

    def _address(self, scope: Scope) -> str:
        origin = self._origins.of(scope)
        return "door" if origin.through_door else origin.address

    def _tell(self, reading: Reading, away: Sequence[OfView]) -> None:
        """The portal puts views online again that were forgotten; told now and then, however many ask."""
        now = time.monotonic()
        ids = [one.view.id for one in away if self._told.get(one.view.id, float("-inf")) < now - TELL_AGAIN_AFTER_S]
        if not ids:
            return
        if len(self._told) > MOST_VIEWS_KNOWN:
            self._told.clear()
        self._told.update(dict.fromkeys(ids, now))
        telling = asyncio.get_running_loop().create_task(self._tell_alone(reading.tenant_id, [str(pk) for pk in ids]))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    def _keep(self, reading: Reading, entities: Sequence[Mapping[str, Any]], found: Answer, now_us: int) -> None:
        """Some of what is answered is compared with the lake later; nobody waits for it to be kept."""
        taken = self._sampler.taken(entities, found, reading.plan.shares, now_us=now_us)
        if taken:
            keeping = asyncio.get_running_loop().create_task(self._keep_alone(UUID(reading.tenant_id), taken))
            self._telling.add(keeping)
            keeping.add_done_callback(self._telling.discard)

    async def _keep_alone(self, tenant_id: UUID, taken: Sequence[bytes]) -> None:
        try:
            await self._store.add(queue_of(tenant_id), taken, FIELD, MOST_WAITING)
        except StoreAway as away:
            log.warning("Samples of served features could not be kept: %s", away)

    async def _tell_alone(self, tenant_id: str, ids: list[str]) -> None:
        try:
            await self._portal.forgotten(tenant_id, ids)
        except PortalAway as away:
            log.warning("Views that are not online could not be told to the portal: %s", away)
