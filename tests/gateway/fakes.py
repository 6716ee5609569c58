"""What stands behind the gateway in these tests: a portal with its two internal pages, and a replica; under uvicorn."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from runtime.guard import Guarded, target
from runtime.service_tokens import HEADER, Receiver, SeenHere, TokenRefused, pair_keys, secrets_of

STATE = Path(os.environ.get("FAKE_STATE", ""))
_SEEN = SeenHere()
JSON = [(b"content-type", b"application/json")]


def _note(event: str) -> None:
    with STATE.with_suffix(".events").open("a") as file:
        file.write(event + "\n")


async def _whole(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _say(send: Any, status: int, document: Any, headers: Any = JSON) -> None:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    lines = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


async def portal(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        return
    if scope["type"] == "websocket":
        await _socket(scope, receive, send)
        return
    pages = {
        "/internal/gateway/state": _state,
        "/internal/gateway/token": _token,
        "/internal/gateway/refused": _refused,
        "/internal/gateway/features": _features,
        "/internal/gateway/forgotten": _forgotten,
        "/upload": _upload,
        "/mlflow/acme/flights/file": _upload,
        "/refuse-upload": _refuse_upload,
        "/stream": _stream,
        "/slow": _slow,
        "/die": _die,
        "/die-once": _die_once,
        "/headers": _headers,
        "/half": _half,
        "/accounts/password/new/s3cret/": _half,
    }
    await pages.get(scope["path"], _echo)(scope, receive, send)


def _is_the_gateway(scope: Any, secret: str) -> bool:
    """As the portal itself asks it."""
    receiver = Receiver("portal", {"gateway": pair_keys(secrets_of(secret), "gateway", "portal")}, first_time=_SEEN)
    given = dict(scope["headers"]).get(HEADER.encode(), b"").decode()
    try:
        receiver.check(given, scope["method"], target(scope))
    except TokenRefused as refused:
        _note(f"refused {scope['path']}: {refused}")
        return False
    return True


async def _state(scope: Any, receive: Any, send: Any) -> None:
    state = json.loads(STATE.read_text())
    if not _is_the_gateway(scope, state["secret"]):
        await _say(send, 404, {})
        return
    asked = dict(part.split("=") for part in scope["query_string"].decode().split("&"))
    after, version = int(asked["revocations_after"]), state["routes_version"]
    unchanged = int(asked["routes_version"]) == version
    answer = {
        "routes_version": version,
        "routes": None if unchanged else state["routes"],
        "revocations_after": len(state["revoked"]),
        "revoked": state["revoked"][after:],
        "features_version": state.get("features_version", 0),
    }
    await _say(send, 200, answer)


async def _refused(scope: Any, receive: Any, send: Any) -> None:
    """Noted where a test looks for them, beside the events of which tests count every line."""
    if not _is_the_gateway(scope, json.loads(STATE.read_text())["secret"]):
        await _say(send, 401, {})
        return
    told = json.loads(await _whole(receive))
    with STATE.with_suffix(".refused").open("a") as file:
        file.writelines(json.dumps(one) + "\n" for one in told)
    await _say(send, 200, {"heard": len(told)})


async def _token(scope: Any, receive: Any, send: Any) -> None:
    if not _is_the_gateway(scope, json.loads(STATE.read_text())["secret"]):
        await _say(send, 401, {})
        return
    asked, state = json.loads(await _whole(receive)), json.loads(STATE.read_text())
    _note(f"token {asked['digest']} {asked['address']}")
    await asyncio.sleep(state.get("token_delay", 0))
    found = state["keys"].get(asked["digest"])
    if found is None or asked["digest"] in state["revoked"]:
        await _say(
            send, 200, {"allowed": False, "sentence": "This API key is unknown.", "actor": None, "expires_at": None}
        )
        return
    allowed = f"{asked['tenant']}/{asked['deployment']}" in found["routes"]
    sentence = "" if allowed else "This API key may not use this deployment."
    await _say(
        send,
        200,
        {"allowed": allowed, "sentence": sentence, **{k: found[k] for k in ("actor", "expires_at", "networks")}},
    )


async def _features(scope: Any, receive: Any, send: Any) -> None:
    """What the test wrote down for the key, or for every question: a plan, or a refusal."""
    state = json.loads(STATE.read_text())
    if not _is_the_gateway(scope, state["secret"]):
        await _say(send, 401, {})
        return
    asked = json.loads(await _whole(receive))
    _note(f"features {json.dumps(asked['asked'])}")
    known = state["keys"].get(asked["digest"])
    if known is None or asked["digest"] in state["revoked"]:
        await _say(send, 200, {"allowed": False, "sentence": "This API key is unknown.", "actor": ""})
        return
    said = state["features"]
    await _say(send, 200, {"actor": known["actor"], "expires_at": None, "networks": known["networks"], **said})


async def _forgotten(scope: Any, receive: Any, send: Any) -> None:
    if not _is_the_gateway(scope, json.loads(STATE.read_text())["secret"]):
        await _say(send, 401, {})
        return
    told = json.loads(await _whole(receive))
    _note(f"forgotten {told['tenant_id']} {' '.join(told['views'])}")
    await _say(send, 200, {"heard": len(told["views"])})


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    body = await _whole(receive)
    document = {
        "method": scope["method"],
        "path": scope["raw_path"].decode(),
        "query": scope["query_string"].decode(),
        "headers": [[name.decode(), value.decode("latin-1")] for name, value in scope["headers"]],
        "body": body.decode("latin-1"),
    }
    _note(f"echo {scope['method']} {scope['path']}")
    await _say(
        send, 200, document, [*JSON, (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"keep-alive", b"timeout=5")]
    )


async def _upload(scope: Any, receive: Any, send: Any) -> None:
    size, more, gone = 0, True, False
    while more and not gone:
        message = await receive()
        gone = message["type"] == "http.disconnect"
        if not size and message.get("body"):
            _note("upload begun")
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    _note("upload broken" if gone else "upload whole")
    await _say(send, 200, {"size": size})


async def _refuse_upload(scope: Any, receive: Any, send: Any) -> None:
    await _say(send, 401, {"detail": "Sign in first."})


async def _stream(scope: Any, receive: Any, send: Any) -> None:
    """A line every 50 ms until the reader goes away."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})

    async def gone() -> None:
        await receive()
        while (await receive())["type"] != "http.disconnect":
            pass

    left = asyncio.ensure_future(gone())
    number = 0
    while not left.done():
        await send({"type": "http.response.body", "body": b"line %d\n" % number, "more_body": True})
        number += 1
        await asyncio.wait({left}, timeout=0.05)
    _note("stream left")


async def _slow(scope: Any, receive: Any, send: Any) -> None:
    await asyncio.sleep(1)
    await _say(send, 200, {})


async def _die(scope: Any, receive: Any, send: Any) -> None:
    _note(f"die {scope['method']}")
    os._exit(1)


async def _die_once(scope: Any, receive: Any, send: Any) -> None:
    """Closes the connection unanswered the first time."""
    _note(f"die-once {scope['method']}")
    if (STATE.with_suffix(".events")).read_text().count(f"die-once {scope['method']}") == 1:
        send.__self__.transport.abort()
        return
    await _say(send, 200, {"answered": True})


async def _headers(scope: Any, receive: Any, send: Any) -> None:
    lines = [(b"connection", b"x-private"), (b"x-private", b"1"), (b"server", b"secret"), (b"x-long", b"v" * 20000)]
    await _say(send, 200, b"ok", lines)


async def _half(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    await asyncio.sleep(0.1)
    send.__self__.transport.abort()


async def _socket(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    if scope["path"] == "/ws/denied":
        await send({"type": "websocket.close", "code": 4403})
        return
    chosen = scope["subprotocols"][0] if scope["subprotocols"] else None
    await send({"type": "websocket.accept", "subprotocol": chosen})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            _note(f"socket left {message.get('code')}")
            return
        if message.get("text") == "headers":
            lines = {name.decode(): value.decode() for name, value in scope["headers"]}
            await send({"type": "websocket.send", "text": json.dumps(lines)})
        elif message.get("text") == "close":
            await send({"type": "websocket.close", "code": 4001})
            return
        elif message.get("text") is not None:
            await send({"type": "websocket.send", "text": message["text"]})
        else:
            await send({"type": "websocket.send", "bytes": message["bytes"]})


NAME = os.environ.get("FAKE_NAME", "replica")
PLAIN = json.dumps({"predictions": [1], "by": NAME}).encode()


async def replica(scope: Any, receive: Any, send: Any) -> None:
    """Answers with its name; a body may ask it to be slow, to fail or to die."""
    if scope["type"] == "lifespan":
        return
    body = await _whole(receive)
    wish = json.loads(body) if body[:8] == b'{"wish":' else {}
    match wish.get("wish"):
        case "sleep":
            await asyncio.sleep(wish["seconds"])
        case "die":
            os._exit(1)
        case "fail":
            await _say(send, 500, b"Traceback (most recent call last): secrets", [(b"content-type", b"text/plain")])
            return
        case "unready":
            await _say(send, 503, {"error": "loading"})
            return
        case "refuse":
            await _say(send, 422, {"error": "The column age is missing."})
            return
        case "stranger":
            await _say(send, 401, {"error": "The model knows nobody of this name."})
            return
        case "headers":
            lines = {name.decode(): value.decode() for name, value in scope["headers"]}
            await _say(send, 200, {"by": NAME, "headers": lines, "path": scope["raw_path"].decode()})
            return
    await _say(send, 200, PLAIN)


def guarded() -> Guarded:
    """The replica as the real one stands: behind its guard, under the service secret that it was started with."""
    name, secret = os.environ["FAKE_RECEIVER"], os.environ["FAKE_SECRET"]
    keys = {"gateway": pair_keys(secrets_of(secret), "gateway", name)}
    return Guarded(replica, Receiver(name, keys, standing=True))
