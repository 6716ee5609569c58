"""The portal's internal pages, asked over its Unix socket with a token for each question."""

from __future__ import annotations

from typing import Any

import orjson

from gateway.asgi import Headers
from gateway.wire import Pool, Reply, WireFailed, request_head
from runtime.service_tokens import HEADER, Caller

STATE_WITHIN_S = 2.0
TOKEN_WITHIN_S = 5.0
_HEADER = HEADER.encode()


class PortalAway(Exception):
    """The portal gave no usable answer; the message says what came instead."""


class Portal:
    """`caller` signs each question for itself: two a second, and one for each key that it has checked."""

    def __init__(self, web_socket: str, caller: Caller) -> None:
        self._pool = Pool(f"unix:{web_socket}")
        self._caller = caller

    async def state(self, routes_version: int, revocations_after: int) -> dict[str, Any]:
        """What changed since: routes (or null) and digests revoked."""
        query = f"?routes_version={routes_version}&revocations_after={revocations_after}"
        return await self._ask(b"GET", b"/internal/gateway/state" + query.encode(), b"", STATE_WITHIN_S)

    async def token(self, digest: str, tenant: str, deployment: str, address: str) -> dict[str, Any]:
        """Whether the key of this digest may use the deployment, and why not; `address` is noted as its last place."""
        body = orjson.dumps({"digest": digest, "tenant": tenant, "deployment": deployment, "address": address})
        return await self._ask(b"POST", b"/internal/gateway/token", body, TOKEN_WITHIN_S)

    async def features(self, digest: str, asked: dict[str, Any], address: str) -> dict[str, Any]:
        """Whether the key of this digest may read these features, and by which plan (`runtime.online.Plan`)."""
        body = orjson.dumps({"digest": digest, "asked": asked, "address": address})
        return await self._ask(b"POST", b"/internal/gateway/features", body, TOKEN_WITHIN_S)

    async def forgotten(self, tenant_id: str, views: list[str]) -> None:
        """Of these views the store does not say any more that it holds their values."""
        body = orjson.dumps({"tenant_id": tenant_id, "views": views})
        await self._ask(b"POST", b"/internal/gateway/forgotten", body, TOKEN_WITHIN_S)

    async def refused(self, told: list[dict[str, Any]]) -> None:
        """Which keys (`digest`) were refused here without a question, with which `status` and how often (`count`)."""
        await self._ask(b"POST", b"/internal/gateway/refused", orjson.dumps(told), TOKEN_WITHIN_S)

    def close(self) -> None:
        self._pool.retire()

    async def _ask(self, method: bytes, target: bytes, body: bytes, within_s: float) -> dict[str, Any]:
        reply = await self._patiently(method, target, body, within_s)
        if reply.status != 200:
            raise PortalAway(f"{target.partition(b'?')[0].decode()} answered {reply.status}, not 200")
        try:
            document = orjson.loads(reply.body)
        except orjson.JSONDecodeError as error:
            raise PortalAway(f"{target.decode()} answered what is no JSON") from error
        if not isinstance(document, dict):
            raise PortalAway(f"{target.decode()} answered JSON that is no object")
        return document

    def _head(self, method: bytes, target: bytes, body: bytes) -> bytes:
        token = self._caller.for_request(method.decode(), target.decode())
        headers: Headers = [(_HEADER, token.encode()), (b"accept", b"application/json")]
        if body:
            headers.append((b"content-type", b"application/json"))
        return request_head(method, target, b"localhost", headers, len(body) if body else None)

    async def _patiently(self, method: bytes, target: bytes, body: bytes, within_s: float) -> Reply:
        """Both questions may be asked twice, so a kept connection that turned out dead is replaced and asked again.

        With a token of its own: the first one may have been heard before the connection died.
        """
        try:
            try:
                return await self._pool.ask(self._head(method, target, body), body, within_s)
            except WireFailed as failure:
                if not failure.reused:
                    raise
                self._pool.drop_idle()
                return await self._pool.ask(self._head(method, target, body), body, within_s)
        except WireFailed as failure:
            raise PortalAway(str(failure)) from failure
