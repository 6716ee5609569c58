"""What only the portal may ask of the gateway, on a socket of its own in the closed folder."""

from __future__ import annotations

import orjson

from gateway.app import GatewayApp
from gateway.asgi import Receive, Scope, Send, answer
from gateway.metrics import CONTENT_TYPE
from runtime.guard import App, Guarded
from runtime.service_tokens import Receiver, pair_keys


def internal_app(gateway: GatewayApp, secrets: tuple[str, ...]) -> App:
    """The portal's door into the gateway: answered with the portal's token for the very request alone."""
    return Guarded(InternalApp(gateway), Receiver("gateway", {"portal": pair_keys(secrets, "portal", "gateway")}))


class InternalApp:
    """GET /internal/gateway/stats and /internal/gateway/metrics (detailed)."""

    def __init__(self, gateway: GatewayApp) -> None:
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        house = self._gateway.house
        if scope["type"] != "http" or house is None:
            return
        if scope["path"] == "/internal/gateway/stats":
            # What waits for the log is asked by who erases a person: it would bring the person's requests back.
            waiting = house.journal.queued_bytes + house.journal.spilled_bytes
            await answer(send, 200, orjson.dumps({**house.stats.as_document(), "log_waiting_bytes": waiting}), [])
        elif scope["path"] == "/internal/gateway/metrics":
            await answer(send, 200, house.metrics.text(detailed=True), [], CONTENT_TYPE)
        else:
            known = "/internal/gateway/stats and /internal/gateway/metrics"
            await answer(send, 404, orjson.dumps({"error": f"Only {known} are answered here."}), [])
