"""Calls of libraries that speak `requests`, sent through the one client that checks every address."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from foundation import outbound

_LIMITS = outbound.Limits(connect_s=5, read_s=10, total_s=15, most_bytes=512 * 1024)


class OutboundTransport(BaseAdapter):
    """Refused addresses and missing answers come as the sentences of `foundation.outbound`."""

    def send(self, request: requests.PreparedRequest, **_how: Any) -> requests.Response:  # type: ignore[override]
        body = request.body or b""
        answer = outbound.send(
            str(request.method),
            str(request.url),
            headers={name: str(value) for name, value in request.headers.items()},
            body=body.encode() if isinstance(body, str) else bytes(body),
            limits=_LIMITS,
        )
        response = requests.Response()
        response.status_code, response.url, response.request = answer.status, answer.url, request
        response.headers = CaseInsensitiveDict(answer.headers)
        response._content, response.encoding = answer.body, "utf-8"
        return response

    def close(self) -> None:
        """Each call has a connection of its own, closed with its answer."""


def is_kept_secret(url: str) -> bool:
    """Whether what is sent there can be read by nobody on the way: by TLS, or inside what the operator allows."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return True
    try:
        address = ip_address(parts.hostname or "")
    except ValueError:
        return False
    return parts.scheme == "http" and any(address in network for network in settings.OUTBOUND_ALLOW)


def outbound_session() -> requests.Session:
    """A session that leaves the house by the checked way alone: no proxies or secrets of the environment."""
    session = requests.Session()
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, OutboundTransport())
    return session
