"""One request to the world outside and its answer, within limits of time and size."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import httpcore2

from foundation.outbound import names, reading
from foundation.outbound.errors import Refused, Unreachable
from foundation.outbound.rules import rules, trust
from foundation.outbound.targets import Target, addresses_of, read
from foundation.outbound.wire import CheckedBackend, Deadline
from foundation.words import kept as _

log = logging.getLogger("sanad.outbound")
MOST_REDIRECTS = 3
_REDIRECTS = {301, 302, 303, 307, 308}
_KEEP_BODY = {307, 308}
_BODILESS = {"GET", "HEAD"}
# What may go to a host that was not asked for by name: nothing that proves who asks, and no signature.
_HARMLESS = {"accept", "accept-language", "user-agent"}
_OWN = {"host", "accept-encoding", "content-length", "transfer-encoding", "connection"}


@dataclass(frozen=True)
class Limits:
    """Seconds to connect, between two pieces, and for all; bytes of the answer, unpacked.

    `cut`: what comes beyond `most_bytes` is left unread and the answer marked, instead of AnswerTooLarge.
    """

    connect_s: float = 5.0
    read_s: float = 10.0
    total_s: float = 30.0
    most_bytes: int = 1024 * 1024
    cut: bool = False


@dataclass(frozen=True)
class Answer:
    """`url` is where it came from at last; header names are small; `seconds` count from the first look at the name."""

    status: int
    headers: dict[str, str]
    body: bytes
    truncated: bool
    url: str
    seconds: float


@dataclass(frozen=True)
class _Ask:
    method: str
    target: Target
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Streamed:
    """An answer whose body still comes; `url` is where it came from at last, header names are small."""

    status: int
    headers: dict[str, str]
    pieces: Iterable[bytes]
    url: str


def send(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", limits: Limits | None = None
) -> Answer:
    """Ask, and follow up to three redirects that may be followed.

    Refused: the address, or one that it redirects to, may not be called. Unreachable: no whole answer came in time.
    AnswerTooLarge: it was longer than the limits let it be.
    """
    limits, began = limits or Limits(), time.monotonic()
    with streamed(method, url, headers, limits, Deadline(limits.total_s), body) as got:
        found, cut = reading.body(got.pieces, got.headers, most=limits.most_bytes, cut=limits.cut)
    return Answer(got.status, got.headers, found, cut, got.url, time.monotonic() - began)


@contextmanager
def streamed(
    method: str,
    url: str,
    headers: Mapping[str, str] | None,
    limits: Limits,
    deadline: Deadline,
    body: bytes = b"",
) -> Iterator[Streamed]:
    """As `send`, for the block: its pieces come as they arrive, packed as they are, and nobody has counted them."""
    ask = _Ask(method.upper(), read(url), _clean(headers or {}), body)
    for _hop in range(MOST_REDIRECTS + 1):
        with _once(ask, limits, deadline) as got:
            log.info("%s %s answered %d", ask.method, ask.target.host, got.status)
            location = got.headers.get("location")
            if got.status not in _REDIRECTS or not location:
                yield got
                return
        ask = _redirected(ask, got.status, location, deadline)
    raise Refused(_("It redirected more than %(most)s times.") % {"most": MOST_REDIRECTS})


@contextmanager
def _once(ask: _Ask, limits: Limits, deadline: Deadline) -> Iterator[Streamed]:
    host = ask.target.host
    try:
        with (
            _connections(ask.target, deadline) as pool,
            pool.stream(
                ask.method,
                httpcore2.URL(ask.target.url),
                headers=list(ask.headers.items()),
                content=ask.body or None,
                extensions={"timeout": {"connect": limits.connect_s, "read": limits.read_s, "write": limits.read_s}},
            ) as response,
        ):
            heads = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            yield Streamed(response.status, heads, response.iter_stream(), ask.target.url)
    except httpcore2.TimeoutException as error:
        raise Unreachable(_("%(host)s did not answer in time.") % {"host": host}) from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.ProxyError) as error:
        raise Unreachable(_("%(host)s gave no answer: %(why)s.") % {"host": host, "why": _cause(error)}) from error


def _connections(target: Target, deadline: Deadline) -> httpcore2.ConnectionPool:
    found = rules()
    context = trust(found.authorities)
    proxy = found.proxy_for(target.scheme, target.host)
    if not proxy:
        backend = CheckedBackend(
            {(target.host, target.port): addresses_of(target, patience_s=deadline.left())}, deadline
        )
        return httpcore2.ConnectionPool(ssl_context=context, network_backend=backend)
    # The proxy may know names that are unknown here; those known here are checked all the same.
    with names.unknown_passes():
        addresses_of(target, patience_s=deadline.left())
    parts = urlsplit(proxy)
    at = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return httpcore2.HTTPProxy(
        f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
        proxy_auth=auth,
        ssl_context=context,
        network_backend=CheckedBackend({at: [at[0]]}, deadline),
    )


def _redirected(ask: _Ask, status: int, location: str, deadline: Deadline) -> _Ask:
    """The next request; the body goes on to the same host alone, and only where the redirect keeps it."""
    target = ask.target.joined(location)
    if (ask.target.scheme, target.scheme) == ("https", "http"):
        raise Refused(_("It redirected from https to http, which is not followed."))
    addresses_of(target, patience_s=deadline.left())
    elsewhere = target.origin != ask.target.origin
    if ask.method in _BODILESS:
        kept = {name: value for name, value in ask.headers.items() if not elsewhere or name.lower() in _HARMLESS}
        return _Ask(ask.method, target, kept, b"")
    if elsewhere or status not in _KEEP_BODY:
        raise Refused(
            _("It redirected to %(url)s, where what was sent may not follow; name that address itself.")
            % {"url": f"{target.scheme}://{target.host}"}
        )
    return _Ask(ask.method, target, ask.headers, ask.body)


def _clean(headers: Mapping[str, str]) -> dict[str, str]:
    given = {name: value for name, value in headers.items() if name.lower() not in _OWN}
    named = {name.lower() for name in given}
    return {**given, "Accept-Encoding": "identity", **({} if "user-agent" in named else {"User-Agent": "Sanad"})}


def _cause(error: Exception) -> str:
    """In the words of the system or of TLS, without what a server could have put into them."""
    cause: BaseException = error
    while cause.__cause__ is not None or cause.__context__ is not None:
        cause = cause.__cause__ or cause.__context__  # type: ignore[assignment]
    found = getattr(cause, "verify_message", "") or getattr(cause, "strerror", "") or type(error).__name__
    return str(found)[:200]
