"""The ASGI application: a look at the path, then the part of the house that answers it."""

from __future__ import annotations

from hmac import compare_digest

import orjson

from gateway.asgi import Receive, Scope, Send, answer, header, request_id_of
from gateway.config import ConfigRefused, GatewayConfig
from gateway.features import FEATURES
from gateway.house import House
from gateway.metrics import CONTENT_TYPE
from gateway.paths import inference_path, is_internal
from gateway.problems import Refused

_NOTHING_HERE = "There is nothing at this address."


class GatewayApp:
    """Reads its configuration when the server starts it, so that importing it does nothing."""

    def __init__(self) -> None:
        self.house: House | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "lifespan":
            await self._lifespan(receive, send)
            return
        house = self.house
        if house is None:
            raise RuntimeError("The gateway was not started: the server has to speak lifespan.")
        raw_path = scope["raw_path"]
        if kind == "websocket":
            await _websocket(house, scope, receive, send)
        elif raw_path.startswith(b"/inference/"):
            path = inference_path(raw_path)
            if path is None:
                await house.inference.unknown_path(scope, send)
            else:
                await house.inference(scope, receive, send, path)
        elif raw_path in FEATURES:
            await house.features(scope, receive, send)
        elif raw_path == b"/gatewayz" or raw_path.startswith(b"/gatewayz/"):
            await _own_page(house, scope, send)
        elif is_internal(raw_path):
            await _nothing_here(house, scope, send)
        else:
            await house.front(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            self.house = House(GatewayConfig.from_environment())
            await self.house.open()
        except ConfigRefused as refusal:
            await send({"type": "lifespan.startup.failed", "message": str(refusal)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.house.close()
        await send({"type": "lifespan.shutdown.complete"})


async def _websocket(house: House, scope: Scope, receive: Receive, send: Send) -> None:
    # Workloads listen to nothing: theirs is the socket without addresses.
    if scope["raw_path"].startswith(b"/ws/") and scope["client"]:
        await house.live(scope, receive, send)
    else:
        await receive()
        await send({"type": "websocket.http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
        await send({"type": "websocket.http.response.body", "body": b""})


async def _own_page(house: House, scope: Scope, send: Send) -> None:
    """The gateway's own health and metrics; with a series per deployment only for who holds the metrics token."""
    page = scope["raw_path"]
    if page == b"/gatewayz":
        contact = house.contact
        state = {"status": "portal away" if contact.is_lost else "ok", "routes": len(contact.table.routes)}
        await answer(send, 200, orjson.dumps(state), [(b"cache-control", b"no-store")])
    elif page == b"/gatewayz/metrics":
        await answer(send, 200, house.metrics.text(detailed=_may_see_all(house, scope)), [], CONTENT_TYPE)
    else:
        await _nothing_here(house, scope, send)


def _may_see_all(house: House, scope: Scope) -> bool:
    token = house.config.metrics_token
    given = header(scope, b"authorization") or b""
    return bool(token) and compare_digest(given, b"Bearer " + token.encode())


async def _nothing_here(house: House, scope: Scope, send: Send) -> None:
    request_id = request_id_of(header(scope, b"x-request-id"))
    await house.front.refuse(scope, send, Refused(404, "not-found", _NOTHING_HERE), request_id)


app = GatewayApp()
