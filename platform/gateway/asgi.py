"""The few words of ASGI that the gateway speaks."""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

# The same rule as the portal's: what passes here is kept there.
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
JSON = b"application/json"


class ClientGone(Exception):
    """The client closed the connection before its request was complete or answered."""


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first value of a header; `name` in lower case."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return None


def request_id_of(given: bytes | None) -> str:
    """The caller's request id where it is sane, else a new one."""
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given.decode("ascii")
    return os.urandom(16).hex()


async def answer(send: Send, status: int, body: bytes, headers: Headers, content_type: bytes = JSON) -> None:
    """Send a whole response with its length."""
    lines = [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), *headers]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})
