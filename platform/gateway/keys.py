"""API keys at the door: each is checked once with the portal, remembered until revoked, expired or unconfirmed."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from ipaddress import ip_network
from typing import Any

from gateway.contact import Contact
from gateway.limiter import AddressLimiter
from gateway.origin import Network, an_address
from gateway.portal import Portal, PortalAway
from gateway.problems import Refused

log = logging.getLogger("gateway.keys")

_BEARER = re.compile(rb"[Bb]earer +(snd_[A-Za-z0-9_-]{16,200}) *")
REMEMBER_DENIED_S = 3.0
# A lost role or a disabled account is no revocation; it is noticed by asking again while the key is in use.
RECHECK_AFTER_S = 5.0
# And one that nobody has used for so long is asked for before it opens anything: a role may be gone meanwhile.
IDLE_AFTER_S = 10.0
MOST_KEYS = 50_000
MOST_REVOKED = 100_000
MOST_CHECKS = 8
# The key's digest, and the deployment by name and by id: another one may have the name of one that was deleted.
Key = tuple[str, str, str]


@dataclass(slots=True)
class Verdict:
    """The portal's word on a key and a deployment. `expires_at` in Unix time, `checked_at` monotonic.

    `networks` are those that it may be presented from, in CIDR form; none where it may be from everywhere.
    """

    allowed: bool
    sentence: str
    actor: str
    expires_at: float | None
    checked_at: float
    networks: tuple[Network, ...] = ()
    # As what a refusal of a caller that is known is told, where it is not about a right.
    status: int = 0
    slug: str = ""

    @classmethod
    def parse(cls, document: dict[str, Any], checked_at: float) -> Verdict:
        actor, expires = document.get("actor"), document.get("expires_at")
        if isinstance(expires, str):
            expires = datetime.fromisoformat(expires).timestamp()
        return cls(
            document["allowed"] is True,
            str(document.get("sentence") or ""),
            "" if actor is None else str(actor),
            None if expires is None else float(expires),
            checked_at,
            parse_networks(document.get("networks") or ()),
            int(document.get("status") or 0),
            str(document.get("slug") or ""),
        )

    def has_expired(self) -> bool:
        return self.expires_at is not None and time.time() >= self.expires_at

    def opens_from(self, address: str) -> bool:
        """Whether it may be presented from here; the door of workloads has no address, so it is in no network."""
        if not self.networks:
            return True
        here = an_address(address)
        return here is not None and any(here in network for network in self.networks)


class Keys:
    """Admits bearers of API keys; the digest alone is kept, never the key."""

    def __init__(self, portal: Portal, contact: Contact, stale_limit_s: float) -> None:
        self._portal = portal
        self._contact = contact
        self._stale_limit_s = stale_limit_s
        self.known: OrderedDict[Key, Verdict] = OrderedDict()
        self._denied: OrderedDict[Key, Verdict] = OrderedDict()
        self._revoked: OrderedDict[str, None] = OrderedDict()
        self._flights: dict[Key, asyncio.Task[Verdict]] = {}
        self._limiter = AddressLimiter(per_second=5, burst=20)
        self._checks = asyncio.Semaphore(MOST_CHECKS)
        self.checks = {"allowed": 0, "denied": 0, "failed": 0, "limited": 0}
        # Digest and status of what was refused without asking the portal, which records the rest itself.
        self.on_refused: list[Callable[[str, int], None]] = []
        contact.on_revoked.append(self.revoke)
        contact.on_rewound.append(self.forget)

    async def admit(self, authorization: bytes | None, tenant: str, deployment: str, address: str) -> Verdict:
        """The verdict of an allowed key; raises Refused for every other."""
        name = f"{tenant}/{deployment}"
        route = self._contact.table.routes.get(name)
        return await self._admitted((digest_of(authorization), name, route.deployment_id if route else ""), address)

    async def _admitted(self, key: Key, address: str) -> Verdict:
        now = time.monotonic()
        verdict = self.known.get(key)
        if verdict is not None:
            return self._at_its_place(key, await self._still_good(key, verdict, now, address), address)
        verdict = self._denied.get(key)
        if verdict is None or now - verdict.checked_at > REMEMBER_DENIED_S:
            verdict = await self._ask_for(key, address, now)
        else:
            self._tell(key, _refusal(verdict))
        if verdict.allowed:
            return self._at_its_place(key, verdict, address)
        raise _refusal(verdict)

    @property
    def stale(self) -> bool:
        """Whether the portal has been away for longer than keys are taken on trust."""
        return self._contact.age_s() > self._stale_limit_s

    def revoke(self, digests: Iterable[str]) -> None:
        gone = set(digests)
        for digest in gone:
            self._revoked[digest] = None
        while len(self._revoked) > MOST_REVOKED:
            self._revoked.popitem(last=False)
        if gone:
            for key in [key for key in self.known if key[0] in gone]:
                del self.known[key]

    def forget(self) -> None:
        """Nothing that was known of keys counts any more."""
        self.known.clear()
        self._denied.clear()
        self._revoked.clear()

    def _tell(self, key: Key, refused: Refused) -> None:
        for hear in self.on_refused:
            hear(key[0], refused.status)

    def _at_its_place(self, key: Key, verdict: Verdict, address: str) -> Verdict:
        if verdict.opens_from(address):
            return verdict
        place = "inside a workload" if address == "door" else f"from {address}"
        refused = Refused(
            403, "access-denied", f"This API key may not be used {place}. Its owner says from where, in the portal."
        )
        self._tell(key, refused)
        raise refused

    async def _still_good(self, key: Key, verdict: Verdict, now: float, address: str) -> Verdict:
        if verdict.has_expired():
            del self.known[key]
            refused = _refusal(_expired(now))
            self._tell(key, refused)
            raise refused
        if now - max(self._contact.last_at, verdict.checked_at) > self._stale_limit_s:
            raise Refused(
                503,
                "key-unconfirmed",
                "The portal has been away too long to confirm that this API key still holds; "
                "it will be accepted again once the portal answers.",
                retry_after_s=5,
            )
        age = now - verdict.checked_at
        if age <= RECHECK_AFTER_S or self._contact.is_lost:
            return verdict
        flight = self._fly(key, address)
        if age <= IDLE_AFTER_S:
            return verdict
        try:
            found = await asyncio.shield(flight)
        except PortalAway:
            # Away for a moment: what held until then goes on, within the limit above.
            return verdict
        if not found.allowed:
            raise _refusal(found)
        return found

    async def _ask_for(self, key: Key, address: str, now: float) -> Verdict:
        """Ask the portal, once for all who present the same key meanwhile."""
        if key[0] in self._revoked:
            self._tell(key, _refusal(_revoked(now)))
            return _revoked(now)
        flight = joined = self._flights.get(key)
        if flight is None:
            if not self._limiter.take(address, now):
                self.checks["limited"] += 1
                raise Refused(
                    429, "too-many-keys", "Too many unknown API keys came from this address; wait a little.", 5
                )
            flight = self._fly(key, address)
        try:
            # Shielded: one caller that goes away must not take the answer from the others.
            verdict = await asyncio.shield(flight)
        except PortalAway as away:
            raise Refused(
                503, "key-unchecked", "The portal is not answering, so this API key cannot be checked just now.", 2
            ) from away
        if verdict.allowed:
            self._limiter.give_back(address, time.monotonic())
        elif joined is not None:
            self._tell(key, _refusal(verdict))
        return verdict

    def _fly(self, key: Key, address: str) -> asyncio.Task[Verdict]:
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = asyncio.get_running_loop().create_task(self._check(key, address))
            flight.add_done_callback(lambda done: self._landed(key, done))
        return flight

    def _landed(self, key: Key, flight: asyncio.Task[Verdict]) -> None:
        del self._flights[key]
        if not flight.cancelled() and flight.exception() is not None:
            self.checks["failed"] += 1
            log.warning("An API key could not be checked: %s", flight.exception())

    async def _check(self, key: Key, address: str) -> Verdict:
        digest = key[0]
        async with self._checks:
            began = time.monotonic()
            document = await self._asked(key, address)
        try:
            verdict = self._parsed(document, began)
        except (KeyError, TypeError, ValueError) as error:
            raise PortalAway(f"its word on a key cannot be read: {error!r}") from error
        if digest in self._revoked:
            # Revoked while the question was on its way.
            verdict = _revoked(began)
        elif verdict.has_expired():
            verdict = _expired(began)
        self.checks["allowed" if verdict.allowed else "denied"] += 1
        self._remember(key, verdict)
        return verdict

    async def _asked(self, key: Key, address: str) -> dict[str, Any]:
        tenant, _, deployment = key[1].partition("/")
        return await self._portal.token(key[0], tenant, deployment, address)

    def _parsed(self, document: dict[str, Any], began: float) -> Verdict:
        return Verdict.parse(document, began)

    def _remember(self, key: Key, verdict: Verdict) -> None:
        to, other, most = (
            (self.known, self._denied, MOST_KEYS) if verdict.allowed else (self._denied, self.known, 10_000)
        )
        other.pop(key, None)
        to[key] = verdict
        if len(to) > most:
            to.popitem(last=False)


def parse_networks(texts: Iterable[object]) -> tuple[Network, ...]:
    return tuple(ip_network(str(text)) for text in texts)


def digest_of(authorization: bytes | None) -> str:
    match = _BEARER.fullmatch(authorization or b"")
    if match is None:
        raise Refused(401, "unauthenticated", "Send an API key of this tenant: Authorization: Bearer snd_…")
    return sha256(match[1]).hexdigest()


def _revoked(at: float) -> Verdict:
    return Verdict(False, "This API key was revoked. Make a new one under Settings, Tokens.", "", None, at)


def _expired(at: float) -> Verdict:
    return Verdict(False, "This API key has expired. Make a new one under Settings, Tokens.", "", None, at)


def _refusal(verdict: Verdict) -> Refused:
    if not verdict.actor:
        sentence = verdict.sentence or "This API key is unknown, expired or revoked."
        return Refused(401, "unauthenticated", sentence)
    if verdict.status:
        return Refused(verdict.status, verdict.slug or "invalid", verdict.sentence)
    return Refused(403, "access-denied", verdict.sentence or "This API key may not use this deployment.")
