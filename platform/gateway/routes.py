"""Which deployment is served by which revisions: parsed from the portal's state, read on every request."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

log = logging.getLogger("gateway.routes")

DEFAULT_MAX_BODY_BYTES = 8 * 1024 * 1024
_HASH_SPACE = 1 << 64


@dataclass(frozen=True, slots=True)
class Revision:
    """One replica of a revision; `address` is unix:/path or http:// of this machine, `weight` its share of traffic."""

    id: str
    number: int
    address: str
    weight: float
    attempt: int

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Revision:
        address = str(given["address"])
        if not address.startswith(("unix:", "http://")):
            raise ValueError(f"the address {address!r} begins with neither unix: nor http://")
        if address.startswith("http://") and not _is_here(address):
            raise ValueError(f"the address {address!r} is of another machine, where predictions would pass in clear")
        weight = float(given.get("weight", 0))
        if not 0 <= weight < float("inf"):
            raise ValueError(f"the weight {weight!r} is not a share of traffic")
        return cls(str(given["id"]), int(given["number"]), address, weight, int(given.get("attempt", 1)))


@dataclass(frozen=True, slots=True)
class Route:
    """A deployment as the gateway sees it; its revisions by number, so that a changed split moves few callers."""

    name: str
    tenant_id: str
    project_id: str
    deployment_id: str
    revisions: tuple[Revision, ...]
    shadow: tuple[Revision, ...] = ()
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES
    log: bool = True
    # Requests a second that the tenant, and the project, may ask of all its deployments together; None: any number.
    tenant_rate: int | None = None
    project_rate: int | None = None
    # Nobody serves yet or again, and somebody is on the way.
    starting: bool = False
    # Why nobody is led to it although it may be running, in a sentence and in a word: the tenant took its key away or
    # is suspended, say. Empty where everybody is.
    locked: str = ""
    locked_by: str = ""
    total_weight: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total_weight", sum(revision.weight for revision in self.revisions))

    @classmethod
    def parse(cls, name: str, given: Mapping[str, Any]) -> Route:
        revisions = sorted((Revision.parse(one) for one in given["revisions"]), key=lambda one: one.number)
        return cls(
            name=name,
            tenant_id=str(given["tenant_id"]),
            project_id=str(given["project_id"]),
            deployment_id=str(given["deployment_id"]),
            revisions=tuple(revisions),
            shadow=tuple(Revision.parse(one) for one in given.get("shadow") or ()),
            max_body_bytes=int(given.get("max_body_bytes") or DEFAULT_MAX_BODY_BYTES),
            log=bool(given.get("log", True)),
            tenant_rate=_rate(given, "tenant"),
            project_rate=_rate(given, "project"),
            starting=bool(given.get("starting", False)),
            locked=str(given.get("locked") or ""),
            locked_by=str(given.get("locked_by") or ""),
        )

    def as_document(self) -> dict[str, Any]:
        """What `parse` reads, for the file of last routes."""
        document = asdict(self)
        del document["name"], document["total_weight"]
        document["limits"] = {"tenant": document.pop("tenant_rate"), "project": document.pop("project_rate")}
        return document

    def choose(self, key: str) -> Revision | None:
        """The revision for a request id or sticky value: the same key always meets the same one while weights stand."""
        if len(self.revisions) == 1 and self.total_weight > 0:
            return self.revisions[0]
        if self.total_weight <= 0:
            return None
        digest = blake2b(key.encode(), digest_size=8, key=self.deployment_id.encode()[:64]).digest()
        point = int.from_bytes(digest, "big") / _HASH_SPACE * self.total_weight
        served = [revision for revision in self.revisions if revision.weight > 0]
        for revision in served:
            if point < revision.weight:
                return revision
            point -= revision.weight
        return served[-1]

    def others(self, failed: Revision) -> list[Revision]:
        """Where a request may go instead: another replica of the revision first, then any that has traffic."""
        rest = [one for one in self.revisions if one is not failed and (one.weight > 0 or one.id == failed.id)]
        return sorted(rest, key=lambda one: (one.id != failed.id, -one.weight))


@dataclass(frozen=True, slots=True)
class RoutingTable:
    version: int = 0
    routes: Mapping[str, Route] = field(default_factory=dict)
    attempts: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, version: int, given: Mapping[str, Any]) -> RoutingTable:
        """A table of every route that can be read; one that cannot is left out and said."""
        routes: dict[str, Route] = {}
        for name, document in given.items():
            try:
                routes[name] = Route.parse(name, document)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                log.error("The route %s cannot be read and is not served: %r", name, error)
        attempts: dict[str, int] = {}
        for route in routes.values():
            for revision in (*route.revisions, *route.shadow):
                attempts[revision.id] = max(revision.attempt, attempts.get(revision.id, 0))
        return cls(version, routes, attempts)

    def is_outdated(self, revision: Revision) -> bool:
        """Whether a newer attempt of this revision serves now, so that the older one's words no longer count."""
        return self.attempts.get(revision.id, revision.attempt) > revision.attempt

    def replicas(self) -> set[Revision]:
        return {one for route in self.routes.values() for one in (*route.revisions, *route.shadow)}


def _is_here(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _rate(given: Mapping[str, Any], whose: str) -> int | None:
    """A limit of the portal's table; one of 0 lets nothing in."""
    rate = (given.get("limits") or {}).get(whose)
    if rate is None:
        return None
    if int(rate) < 0:
        raise ValueError(f"the limit {rate!r} is no number of requests a second")
    return int(rate)
