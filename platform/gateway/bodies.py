"""Whole bodies of requests, refused as soon as they are known to be too large."""

from __future__ import annotations

from gateway.asgi import ClientGone, Headers, Receive
from gateway.problems import Refused


async def read_body(receive: Receive, headers: dict[bytes, bytes], most: int, *, fewer: str = "rows") -> bytes:
    """The whole body; `fewer` is what a client sends less of where it is too large."""
    length = headers.get(b"content-length")
    if length is not None and int(length) > most:
        raise _too_large(most, fewer)
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    body: bytes = message["body"]
    if message["more_body"]:
        parts, size = [body], len(body)
        while message["more_body"]:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            parts.append(message["body"])
            size += len(message["body"])
            if size > most:
                raise _too_large(most, fewer)
        body = b"".join(parts)
    if len(body) > most:
        raise _too_large(most, fewer)
    return body


def _too_large(most: int, fewer: str) -> Refused:
    # Closed, since the rest of the body is still on its way and nobody will read it.
    close: Headers = [(b"connection", b"close")]
    return Refused(
        413, "too-large", f"The body is larger than the {most} bytes allowed; send fewer {fewer}.", headers=close
    )
