"""What the gateway asks of the portal, answered from a file: its two internal pages and nothing else. Under uvicorn."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

STATE = json.loads(Path(os.environ["BENCH_STATE"]).read_text())
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    answers = {"/internal/gateway/state": _state, "/internal/gateway/token": _token}
    if scope["path"] not in answers:
        await _say(send, 404, {})
        return
    await _say(send, 200, answers[scope["path"]](await _body(receive)))


def _state(_body: bytes) -> dict[str, Any]:
    return {"routes_version": 1, "routes": STATE["routes"], "revocations_after": 0, "revoked": []}


def _token(body: bytes) -> dict[str, Any]:
    known = json.loads(body)["digest"] == STATE["digest"]
    return {"allowed": known, "sentence": "" if known else "Unknown.", "actor": "user:1", "expires_at": None}


async def _body(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    return body


async def _say(send: Send, status: int, document: dict[str, Any]) -> None:
    body = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
