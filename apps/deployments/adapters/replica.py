"""Asking a replica at its address, which is a Unix socket ("unix:/…") or an HTTP address."""

from __future__ import annotations

import httpx2

_TIMEOUT = httpx2.Timeout(2.0)


def is_ready(address: str) -> bool:
    """Whether the replica says that it can answer."""
    try:
        with _client(address) as client:
            return client.get("/v2/health/ready").status_code == 200
    except httpx2.TransportError:
        return False


def _client(address: str) -> httpx2.Client:
    kind, _, place = address.partition(":")
    if kind == "unix":
        return httpx2.Client(transport=httpx2.HTTPTransport(uds=place), base_url="http://replica", timeout=_TIMEOUT)
    return httpx2.Client(base_url=address, timeout=_TIMEOUT)
