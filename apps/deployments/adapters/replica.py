"""Asking a replica at its address, which is a Unix socket ("unix:/…") or an HTTP address."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import httpx2

from runtime.service_tokens import HEADER
from runtime.sockets import own_socket

_TIMEOUT = httpx2.Timeout(2.0)


def is_ready(address: str, token: str = "") -> bool:
    """Whether the replica says that it can answer; `token` says who asks."""
    try:
        with _client(address) as client:
            return client.get("/v2/health/ready", headers={HEADER: token}).status_code == 200
    except (httpx2.TransportError, OSError):
        return False


@contextlib.contextmanager
def _client(address: str) -> Iterator[httpx2.Client]:
    kind, _, place = address.partition(":")
    if kind != "unix":
        with httpx2.Client(base_url=address, timeout=_TIMEOUT) as client:
            yield client
        return
    with (
        own_socket(place) as path,
        httpx2.Client(transport=httpx2.HTTPTransport(uds=path), base_url="http://replica", timeout=_TIMEOUT) as client,
    ):
        yield client
