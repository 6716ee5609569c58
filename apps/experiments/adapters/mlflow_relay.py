"""One request on to MLflow and its answer back, in pieces: headers are made here, never passed on from a client."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx2

from apps.experiments.adapters.tracking import WORKSPACE_HEADER, client, ensure_workspace
from foundation.errors import Unavailable

log = logging.getLogger("sanad.mlflow")
PIECE = 256 * 1024
_PASSED_BACK = ("content-type", "content-length", "content-disposition", "etag", "last-modified")
_SENT = ("content-type", "content-length")


@dataclass(frozen=True)
class Ask:
    """`path` is decoded and without leading slash; `body` goes as it comes, piece by piece."""

    workspace: str
    method: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: Iterable[bytes] | bytes | None = None


class Pieces:
    """An answer's body on its way; closing it lets the connection go, read or not."""

    def __init__(self, answer: httpx2.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        # Nothing is decompressed on the way: MLflow is asked for plain bytes.
        yield from self._answer.iter_raw(PIECE)

    def close(self) -> None:
        self._answer.close()


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: Pieces | bytes

    def document(self) -> dict[str, Any]:
        """The body as JSON; empty where it is none."""
        try:
            found = json.loads(self.body) if isinstance(self.body, bytes) else {}
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def send(ask: Ask, *, stream: bool) -> Reply:
    """Ask MLflow; with `stream` a good answer's body is not read yet. Raises Unavailable."""
    ensure_workspace(ask.workspace)
    headers = {name: value for name, value in ask.headers.items() if value and name.lower() in _SENT}
    headers |= {WORKSPACE_HEADER: ask.workspace, "Accept-Encoding": "identity"}
    url = "/" + quote(ask.path, safe="/")
    try:
        request = client().build_request(
            ask.method,
            url,
            params=tuple(ask.query) or None,
            headers=headers,
            content=ask.body,
        )
        answer = client().send(request, stream=True)
        kept = {name: answer.headers[name] for name in _PASSED_BACK if name in answer.headers}
        if stream and answer.status_code < 400:
            return Reply(answer.status_code, kept, Pieces(answer))
        try:
            return Reply(answer.status_code, kept, answer.read())
        finally:
            answer.close()
    except httpx2.TransportError as error:
        log.warning("The tracking server did not answer %s %s: %s", ask.method, ask.path, error)
        raise Unavailable("The tracking server does not answer. It may be starting; try again in a moment.") from error
