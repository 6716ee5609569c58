"""Websockets below /ws/, passed on to the portal's ASGI server over its Unix socket."""

from __future__ import annotations

import asyncio
import logging
import time

import aiohttp

from gateway import headers
from gateway.asgi import Headers, Receive, Scope, Send, request_id_of
from gateway.origin import Origin, Origins
from gateway.problems import Refused
from gateway.stats import Stats

log = logging.getLogger("gateway.live")

MOST_MESSAGE_BYTES = 1024 * 1024
MOST_OPEN = 2048
CONNECT_WITHIN_S = 5
SERVICE_RESTART = 1012


class Live:
    """Proxies websockets. `start` before use, `close` after."""

    def __init__(self, live_socket: str, origins: Origins, stats: Stats) -> None:
        self._live_socket = live_socket
        self._origins = origins
        self._stats = stats
        self._session: aiohttp.ClientSession | None = None

    def start(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(self._live_socket, limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        started, status = time.perf_counter(), 503
        if self._stats.websockets >= MOST_OPEN:
            await _deny(send, 503)
            return
        self._stats.websockets += 1
        try:
            status = await self._connect(scope, receive, send)
        finally:
            self._stats.websockets -= 1
            self._stats.passed("websocket", status, time.perf_counter() - started)

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> int:
        if self._session is None:
            raise RuntimeError("The websocket door was not opened: Live.start comes first.")
        try:
            lines = _lines(scope, self._origins.of(scope))
            async with asyncio.timeout(CONNECT_WITHIN_S):
                portal = await self._session.ws_connect(
                    _url(scope),
                    headers=[(name.decode("ascii"), value.decode("latin-1")) for name, value in lines],
                    protocols=scope["subprotocols"],
                    origin=None,
                    compress=0,
                    autoclose=False,
                    max_msg_size=MOST_MESSAGE_BYTES,
                )
        except aiohttp.WSServerHandshakeError as refusal:
            await _deny(send, refusal.status)
            return refusal.status
        except Refused as refused:
            await _deny(send, refused.status)
            return refused.status
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("The portal's websocket server does not answer: %s", error)
            await _deny(send, 503)
            return 503
        async with portal:
            await send({"type": "websocket.accept", "subprotocol": portal.protocol})
            await _both_ways(portal, receive, send)
        return 101


async def _both_ways(portal: aiohttp.ClientWebSocketResponse, receive: Receive, send: Send) -> None:
    """Until either side closes; the other then hears the same code."""
    up = asyncio.ensure_future(_up(portal, receive))
    down = asyncio.ensure_future(_down(portal, send))
    try:
        done, _ = await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        if down in done and up not in done:
            await send({"type": "websocket.close", "code": _sayable(portal.close_code)})
        for task in done:
            if (error := task.exception()) is not None:
                log.warning("A websocket broke off: %r", error)
    finally:
        for task in (up, down):
            task.cancel()
        await asyncio.gather(up, down, return_exceptions=True)


async def _up(portal: aiohttp.ClientWebSocketResponse, receive: Receive) -> None:
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            await portal.close(code=_sayable(message.get("code")))
            return
        if message.get("text") is not None:
            await portal.send_str(message["text"])
        else:
            await portal.send_bytes(message["bytes"])


async def _down(portal: aiohttp.ClientWebSocketResponse, send: Send) -> None:
    while True:
        message = await portal.receive()
        if message.type is aiohttp.WSMsgType.TEXT:
            await send({"type": "websocket.send", "text": message.data})
        elif message.type is aiohttp.WSMsgType.BINARY:
            await send({"type": "websocket.send", "bytes": message.data})
        else:
            return


def _sayable(code: int | None) -> int:
    """A code that may stand in a close frame; a server that merely vanished is restarting."""
    if code is None or code in {1005, 1006, 1015} or not 1000 <= code < 5000:
        return SERVICE_RESTART
    return code


def _lines(scope: Scope, origin: Origin) -> Headers:
    given = [(name.lower(), value) for name, value in scope["headers"]]
    request_id = request_id_of(next((value for name, value in given if name == b"x-request-id"), None))
    passed = headers.to_portal(given, client=origin.address, scheme=origin.scheme, request_id=request_id)
    # The handshake with the portal is our own; only what it means (subprotocols) is handed on, as an argument.
    return [line for line in passed if not line[0].startswith(b"sec-websocket-")]


def _url(scope: Scope) -> str:
    query = scope["query_string"].decode("ascii")
    return f"http://localhost{scope['raw_path'].decode('ascii')}{'?' if query else ''}{query}"


async def _deny(send: Send, status: int) -> None:
    await send({"type": "websocket.http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "websocket.http.response.body", "body": b""})
