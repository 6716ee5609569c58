"""Everything that is not inference goes on to the portal's WSGI server over its Unix socket, streaming both ways.

aiohttp carries it: parsing, flow control and the pool are well kept there, and the 150 µs that a passage costs
do not show beside a page of several milliseconds (`python -m bench.gateway.measure page`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass

import aiohttp
from yarl import URL

from gateway import bounds, headers
from gateway.asgi import ClientGone, Headers, Receive, Scope, Send, header, request_id_of
from gateway.bounds import Bounds
from gateway.callers import Callers
from gateway.origin import Origins
from gateway.paths import is_for_workloads
from gateway.problems import Problems, Refused
from gateway.stats import Stats
from gateway.uploads import BodyTooLarge, Upload

log = logging.getLogger("gateway.front")

MOST_CONNECTIONS = 256
WAIT_FOR_CONNECTION_S = 15
# The longest silence of the portal within one request.
SILENCE_S = 300
HEADER_BYTES = 65536
# Workers close idle connections after their own time; ours is shorter, so that a page seldom meets a dead one.
KEEP_IDLE_S = 1.5
_ASKED_AGAIN = {"GET", "HEAD"}


@dataclass(frozen=True, slots=True)
class Passage:
    """One request on its way through."""

    scope: Scope
    request_id: str
    most_bytes: int
    upload: Upload
    send: Send
    lines: Headers
    answered: list[int]
    # What every answer says besides: how much of its limit the caller has left.
    said: Headers


class Front:
    """Proxies pages and REST. `start` before use, `close` after."""

    def __init__(
        self, web_socket: str, origins: Origins, limits: Bounds, callers: Callers, stats: Stats, problems: Problems
    ) -> None:
        self._web_socket = web_socket
        self._origins = origins
        self._limits = limits
        self._callers = callers
        self._stats = stats
        self._problems = problems
        self._asking: aiohttp.ClientSession | None = None
        self._changing: aiohttp.ClientSession | None = None

    def start(self) -> None:
        self._asking = self._session(kept=True)
        # What changes something goes over a connection of its own: on a kept one that the portal has just closed,
        # nobody could say whether the change was made. For the same reason aiohttp may not repeat it.
        self._changing = self._session(kept=False)
        self._changing._retry_connection = False

    async def close(self) -> None:
        for session in (self._asking, self._changing):
            if session is not None:
                await session.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        request_id = request_id_of(header(scope, b"x-request-id"))
        answered: list[int] = []
        try:
            await self._while_client_listens(self._let_in(scope, receive, send, request_id, answered))
        except Refused as refused:
            self._stats.refused(refused.slug)
            answered.append(refused.status)
            await self.refuse(scope, send, refused, request_id)
        except ClientGone:
            answered.append(499)
        self._stats.passed("page", answered[0], time.perf_counter() - started)

    def _let_in(self, scope: Scope, receive: Receive, send: Send, request_id: str, answered: list[int]) -> Passage:
        origin = self._origins.of(scope)
        if origin.through_door and not is_for_workloads(scope["raw_path"]):
            raise Refused(404, "not-found", "Workloads reach REST, MLflow and deployments here, and no pages.")
        said = self._callers.check(scope, None if origin.through_door else origin.address)
        lines = headers.to_portal(scope["headers"], client=origin.address, scheme=origin.scheme, request_id=request_id)
        most = self._limits.most(scope)
        bounds.check_length(scope, most)
        return Passage(scope, request_id, most, Upload(receive, scope["headers"], most), send, lines, answered, said)

    async def refuse(self, scope: Scope, send: Send, refused: Refused, request_id: str) -> None:
        language = "ar" if (header(scope, b"accept-language") or b"").lower().startswith(b"ar") else "en"
        if b"text/html" in (header(scope, b"accept") or b""):
            await self._problems.send_page(send, refused, request_id, language)
        else:  # clients, and pages that ask for a part of themselves (static/js/swap.js)
            await self._problems.send_problem(send, refused, request_id, scope["path"], language)

    def _session(self, *, kept: bool) -> aiohttp.ClientSession:
        keep = {"keepalive_timeout": KEEP_IDLE_S} if kept else {"force_close": True}
        return aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(self._web_socket, limit=MOST_CONNECTIONS, **keep),
            timeout=aiohttp.ClientTimeout(total=None, connect=WAIT_FOR_CONNECTION_S, sock_read=SILENCE_S),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            max_line_size=HEADER_BYTES,
            max_field_size=HEADER_BYTES,
        )

    async def _while_client_listens(self, passage: Passage) -> None:
        """Carry the request through, and let go of the portal as soon as the client is gone."""
        work = asyncio.ensure_future(self._carry(passage))
        watch = asyncio.ensure_future(passage.upload.until_client_gone())
        try:
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                work.cancel()
                await asyncio.wait({work})
                raise ClientGone
            await work
        finally:
            for task in (work, watch):
                task.cancel()

    async def _carry(self, passage: Passage) -> None:
        try:
            await self._ask(passage)
        except aiohttp.ClientConnectorError as error:
            raise _away() from error
        except aiohttp.ConnectionTimeoutError as error:
            raise Refused(503, "portal-busy", "The portal has no room for more requests just now.", 5) from error
        except TimeoutError as error:
            raise self._broken(passage, 504, "portal-slow", "The portal did not answer in time") from error
        except (aiohttp.ClientError, BodyTooLarge) as error:
            if passage.upload.is_too_large and not passage.answered:
                raise bounds.too_large(passage.most_bytes) from error
            if passage.upload.sender_gone:
                raise ClientGone from error
            raise self._broken(
                passage, 502, "portal-broke-off", "The portal broke off before it had answered"
            ) from error

    def _broken(self, passage: Passage, status: int, slug: str, what: str) -> Refused | ClientGone:
        if passage.answered:
            # Half an answer is out: all that can be said now is said by closing the connection.
            log.warning("%s (%s).", what, _told(passage.scope["path"]), extra={"request_id": passage.request_id})
            return ClientGone()
        if passage.scope["method"] in _ASKED_AGAIN:
            return Refused(status, slug, f"{what}. Try again in a few seconds.", 2)
        return Refused(status, slug, f"{what}. Look whether the change was made before you send it again.", 2)

    async def _ask(self, passage: Passage) -> None:
        scope = passage.scope
        session = self._asking if scope["method"] in _ASKED_AGAIN and not passage.upload.present else self._changing
        if session is None:
            raise RuntimeError("The front door was not opened: Front.start comes first.")
        path, query = scope["raw_path"].decode("ascii"), scope["query_string"].decode("ascii")
        async with session.request(
            scope["method"],
            URL.build(scheme="http", host="localhost", path=path, query_string=query, encoded=True),
            headers=[(name.decode("ascii"), value.decode("latin-1")) for name, value in passage.lines],
            data=passage.upload.chunks() if passage.upload.present else None,
            allow_redirects=False,
        ) as response:
            await self._pass_back(passage, response)

    async def _pass_back(self, passage: Passage, response: aiohttp.ClientResponse) -> None:
        lines = headers.to_client(list(response.raw_headers), passage.request_id) + passage.said
        passage.answered.append(response.status)
        await passage.send({"type": "http.response.start", "status": response.status, "headers": lines})
        async for chunk in response.content.iter_any():
            await passage.send({"type": "http.response.body", "body": chunk, "more_body": True})
        await passage.send({"type": "http.response.body", "body": b""})


def _told(path: str) -> str:
    """The path as a log may hold it: below /accounts/ an address may be a link that opens something by itself."""
    return "/accounts/…" if path.startswith("/accounts/") else path


def _away() -> Refused:
    return Refused(
        503,
        "portal-away",
        "The portal is restarting or cannot be reached. Nothing was changed; try again in a few seconds.",
        2,
    )
