"""HTTP with the portal: token, retries of what may be repeated, errors in words, pages that follow one another."""

from __future__ import annotations

import ssl
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx2

from sanad import checked
from sanad.errors import Failed, SanadError, Unreachable, from_response

_TRIES = 5
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.25, 2.0
_AGAIN = frozenset({502, 503, 504})
# What ends a try before the portal has heard of it, and what the gateway says where the portal had, and did not answer.
# Of a portal that is starting again it says that nothing was changed, so that counts as neither.
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
_BROKEN_OFF, _GONE = frozenset({502, 504}), 404
# What the gateway says of a portal that is starting again, and how long it is believed.
_AWAY, _PATIENCE_S = "portal-away", 60.0


@cache
def _trusted() -> ssl.SSLContext:
    """Whose certificates are believed: read once, for that takes as long as a short command's own work."""
    return httpx2.create_ssl_context()


class Transport:
    """One connection pool to one portal."""

    def __init__(self, url: str, token: str, *, timeout_s: float = 60.0) -> None:
        self.url, self.token = checked.address(url), checked.token(token)
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/json",
            "User-Agent": "sanad-python/0.1.0",
        }
        self.http = httpx2.Client(base_url=self.url, headers=headers, timeout=timeout_s, verify=_trusted())

    def get(self, path: str, **params: Any) -> Any:
        return self.send("GET", path, params={k: v for k, v in params.items() if v is not None}).json()

    def post(self, path: str, body: Any = None) -> Any:
        """A change that is done once, however often the line breaks: every try carries the same Idempotency-Key."""
        answer = self.send(
            "POST", path, json=body if body is not None else {}, headers={"Idempotency-Key": uuid.uuid4().hex}
        )
        return answer.json() if answer.content else None

    def put(self, path: str, **options: Any) -> Any:
        return self.send("PUT", path, **options).json()

    def pages(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Every row of a list, page after page."""
        page = self.get(path, **params)
        while True:
            yield from page["results"]
            if not page.get("next"):
                return
            page = self.send("GET", page["next"]).json()

    def send(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Five tries within four seconds; a portal of which its gateway says that it comes back is waited for.

        A DELETE that may have been done while its answer was lost is done where the next try finds nothing: 404 is then
        the answer, and no refusal.
        """
        address = path if path.startswith(("http://", "https://", "/")) else f"/api/v1/{path}"
        patience = time.monotonic() + _PATIENCE_S
        attempt, lost = 0, False
        while True:
            try:
                answer = self.http.request(method, address, **options)
            except httpx2.TransportError as error:
                lost = lost or not isinstance(error, _NEVER_SENT)
                if attempt >= _TRIES - 1:
                    raise Unreachable(
                        f"{self.url} does not answer ({type(error).__name__}). Is the portal up?"
                    ) from error
            else:
                if answer.status_code < 400 or (lost and method == "DELETE" and answer.status_code == _GONE):
                    return answer
                lost = lost or answer.status_code in _BROKEN_OFF
                if answer.status_code not in _AGAIN or (attempt >= _TRIES - 1 and not _returns(answer, patience)):
                    raise _refusal(answer)
            time.sleep(min(_FIRST_PAUSE_S * 2**attempt, _LONGEST_PAUSE_S))
            attempt += 1

    @contextmanager
    def stream(self, path: str) -> Iterator[httpx2.Response]:
        """An answer that is read piece by piece, once: what broke off is not asked for again."""
        try:
            with self.http.stream("GET", f"/api/v1/{path}") as answer:
                if answer.status_code >= 400:
                    answer.read()
                    raise _refusal(answer)
                yield answer
        except httpx2.TransportError as error:
            raise Unreachable(f"{self.url} broke off its answer ({type(error).__name__}); ask again.") from error


def save_stream(http: Transport, path: str, into: str | Path) -> Path:
    """What the portal sends, as a file; nothing is left of a download that broke off."""
    target = Path(into)
    part = target.with_name(f"{target.name}.part")
    try:
        with http.stream(path) as answer, part.open("wb") as file:
            for piece in answer.iter_bytes():
                file.write(piece)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target


def _returns(answer: httpx2.Response, until: float) -> bool:
    said = _body(answer)
    return time.monotonic() < until and isinstance(said, dict) and str(said.get("type")).endswith(f"/{_AWAY}")


def _refusal(answer: httpx2.Response) -> SanadError:
    return from_response(answer.status_code, _body(answer), answer.headers.get("x-request-id", ""))


def _body(answer: httpx2.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return {"detail": f"The portal answered {answer.status_code} and no words."}


def wait_for(
    read: Callable[[], dict[str, Any]],
    done: Callable[[dict[str, Any]], bool],
    *,
    failed: Callable[[dict[str, Any]], str | None],
    timeout_s: float,
    what: str,
) -> dict[str, Any]:
    """Ask until it is done; Failed with the portal's sentence when it failed, or when time ran out."""
    deadline, pause = time.monotonic() + timeout_s, 0.1
    while True:
        state = read()
        if done(state):
            return state
        if (sentence := failed(state)) is not None:
            raise Failed(sentence or f"{what} failed.")
        if time.monotonic() > deadline:
            raise Failed(f"{what} did not end within {timeout_s:.0f} seconds; it goes on in the portal.")
        time.sleep(pause)
        pause = min(pause * 1.5, 2.0)


def unmade(thing: dict[str, Any], *, state: str = "state") -> str | None:
    """Why a thing was not made, in the portal's words; None as long as nobody and nothing has ended it."""
    if thing[state] not in {"failed", "cancelled", "discarded", "stopped"}:
        return None
    return str(thing["failure"] or f"It was {thing[state]}.")


def built(http: Any, path: str, timeout_s: float, what: str) -> dict[str, Any]:
    """The thing at the path once it is ready; Failed where it could not be made."""
    return wait_for(
        lambda: http.get(path),
        lambda thing: thing["state"] == "ready",
        failed=unmade,
        timeout_s=timeout_s,
        what=what,
    )
