"""Websockets alone. Pages and REST are answered by the WSGI workers (portal.wsgi)."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from runtime.loading import at_rest

with at_rest():
    import django

    from portal.apps import refuse_unsafe_settings

    refuse_unsafe_settings()
    django.setup()

    from channels.routing import ProtocolTypeRouter, URLRouter
    from django.urls import path
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    from foundation.live.consumers import LiveConsumer
    from foundation.live.origin import OwnOriginOnly

_NOT_HERE = b"Only websockets are answered here, at /ws/. Pages and REST are on the portal's other socket.\n"


async def http(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """This process's own counters, for whoever may open its socket; the front door leads websockets here alone."""
    measured = scope["path"] == "/metrics"
    kind, body = (CONTENT_TYPE_LATEST, generate_latest()) if measured else ("text/plain; charset=utf-8", _NOT_HERE)
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200 if measured else 404, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def no_such_socket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "websocket.close", "code": 4404})


# An ASGI application where Django's types expect a view.
_answer: Any = no_such_socket
_SOCKETS = [path("ws/", LiveConsumer.as_asgi()), path("<path:other>", _answer)]
application = ProtocolTypeRouter({"http": http, "websocket": OwnOriginOnly(URLRouter(_SOCKETS))})
