"""What only the portal may ask of the gateway, on a socket of its own in the closed folder."""

from __future__ import annotations

import orjson

from gateway.app import GatewayApp
from gateway.asgi import Receive, Scope, Send, answer
from gateway.metrics import CONTENT_TYPE


class InternalApp:
    """GET /internal/gateway/stats and /internal/gateway/metrics (detailed)."""

    def __init__(self, gateway: GatewayApp) -> None:
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        house = self._gateway.house
        if scope["type"] != "http" or house is None:
            return
        if scope["path"] == "/internal/gateway/stats":
            await answer(send, 200, orjson.dumps(house.stats.as_document()), [])
        elif scope["path"] == "/internal/gateway/metrics":
            await answer(send, 200, house.metrics.text(detailed=True), [], CONTENT_TYPE)
        else:
            known = "/internal/gateway/stats and /internal/gateway/metrics"
            await answer(send, 404, orjson.dumps({"error": f"Only {known} are answered here."}), [])
