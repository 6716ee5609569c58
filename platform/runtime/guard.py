"""An ASGI application behind service tokens: it hears nothing from anybody else."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from runtime.service_tokens import HEADER, Known, Receiver, TokenRefused

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_HEADER = HEADER.encode()
# By this a caller tells that its token was refused from an answer of the application itself.
REFUSED = (_HEADER, b"refused")
# Where a scope says who asks.
KNOWN = "sanad.known"


class Guarded:
    """`open_paths` are answered to whoever reaches the socket: they say that somebody is there, and no more."""

    def __init__(self, app: App, receiver: Receiver, open_paths: frozenset[str] = frozenset()) -> None:
        self._app = app
        self._receiver = receiver
        self._open = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "lifespan" or (kind == "http" and scope["path"] in self._open):
            await self._app(scope, receive, send)
        elif kind != "http":
            await receive()
            await send({"type": f"{kind}.close", "code": 4403})
        else:
            try:
                scope[KNOWN] = self._caller(scope)
            except TokenRefused as refused:
                await refuse(send, str(refused))
                return
            await self._app(scope, receive, send)

    def _caller(self, scope: Scope) -> Known:
        given = [value for name, value in scope["headers"] if name == _HEADER]
        text = given[0].decode("latin-1") if len(given) == 1 else ""
        return self._receiver.check(text, scope["method"], target(scope))


def target(scope: Scope) -> str:
    """Path and query as they came over the wire."""
    path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


async def refuse(send: Send, sentence: str) -> None:
    body = json.dumps({"error": sentence}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), REFUSED]
    await send({"type": "http.response.start", "status": 401, "headers": headers})
    await send({"type": "http.response.body", "body": body})
