"""Only our own pages may open a websocket with a person's cookie."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host


class OwnOriginOnly:
    """Refuses a cookie-bearing websocket whose page came from elsewhere; also from another port of the same host,
    where previews and notebooks live. A bearer token is no ambient right, so its bearer needs no origin.
    """

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        headers = dict(scope.get("headers", []))
        if bearer_of(headers) is None and not is_own_origin(headers):
            return await WebsocketDenier()(scope, receive, send)
        return await self.application(scope, receive, send)


def bearer_of(headers: dict[bytes, bytes]) -> str | None:
    """The token of the Authorization header, where it is a bearer's."""
    kind, _, token = headers.get(b"authorization", b"").decode("latin1").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def is_own_origin(headers: dict[bytes, bytes]) -> bool:
    origin = headers.get(b"origin", b"").decode("latin1")
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    host = headers.get(b"host", b"").decode("latin1")
    parts = urlsplit(origin)
    if parts.scheme not in {"http", "https"} or not host or parts.netloc.lower() != host.lower():
        return False
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)
