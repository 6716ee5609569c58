"""Asking a replica at its address, which is a Unix socket ("unix:/…") or an HTTP address."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2

from foundation.outbound import tls_context
from runtime.service_tokens import HEADER, Caller
from runtime.sockets import own_socket

LOOKUPS = "/sanad/lookups"
_TIMEOUT = httpx2.Timeout(2.0)


def is_ready(address: str, token: str = "") -> bool:
    """Whether the replica says that it can answer; `token` says who asks."""
    try:
        with _client(address) as client:
            return client.get("/v2/health/ready", headers={HEADER: token}).status_code == 200
    except (httpx2.TransportError, OSError):
        return False


def lookups_of(address: str, caller: Caller) -> dict[str, Any]:
    """What the replica says of its lookups: {"until", "number", "forgotten"}. Raises ReplicaAway."""
    return _asked(address, caller, "GET", None)


def tell_lookups(address: str, caller: Caller, told: Mapping[str, Any]) -> dict[str, Any]:
    """Tell it what to look up, and by which name at the store, or that it may not; it says how it stands then."""
    return _asked(address, caller, "POST", told)


def _asked(address: str, caller: Caller, method: str, told: Mapping[str, Any] | None) -> dict[str, Any]:
    headers = {HEADER: caller.for_request(method, LOOKUPS)}
    try:
        with _client(address) as client:
            answer = client.request(method, LOOKUPS, headers=headers, json=told)
        found: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
    except (httpx2.TransportError, OSError, ValueError) as error:
        raise ReplicaAway(address) from error
    if not found:
        raise ReplicaAway(address)
    return found


class ReplicaAway(Exception):
    """It gave no answer, or none to this."""


@contextlib.contextmanager
def _client(address: str) -> Iterator[httpx2.Client]:
    kind, _, place = address.partition(":")
    if kind != "unix":
        with httpx2.Client(base_url=address, timeout=_TIMEOUT, verify=tls_context()) as client:
            yield client
        return
    with own_socket(place) as path:
        # A context of its own would read all certificates anew, for each question.
        transport = httpx2.HTTPTransport(uds=path, verify=tls_context())
        with httpx2.Client(transport=transport, base_url="http://replica", timeout=_TIMEOUT) as client:
            yield client
