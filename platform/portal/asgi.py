"""Websockets alone. Pages and REST are answered by the WSGI workers (portal.wsgi)."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

import django

from portal.apps import refuse_unsafe_settings

refuse_unsafe_settings()
django.setup()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from foundation.live.consumers import LiveConsumer  # noqa: E402
from foundation.live.origin import OwnOriginOnly  # noqa: E402

_NOT_HERE = b"Only websockets are answered here, at /ws/. Pages and REST are on the portal's other socket.\n"


async def not_here(scope: dict[str, Any], receive: Any, send: Any) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(_NOT_HERE)).encode())]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": _NOT_HERE})


async def no_such_socket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "websocket.close", "code": 4404})


# An ASGI application where Django's types expect a view.
_answer: Any = no_such_socket
_SOCKETS = [path("ws/", LiveConsumer.as_asgi()), path("<path:other>", _answer)]
application = ProtocolTypeRouter({"http": not_here, "websocket": OwnOriginOnly(URLRouter(_SOCKETS))})
