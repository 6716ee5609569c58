"""Which headers go through the front door, in either direction."""

from __future__ import annotations

from gateway.asgi import Headers
from gateway.problems import Refused

HOP_BY_HOP = {
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te", b"trailer",
    b"transfer-encoding", b"upgrade", b"http2-settings", b"expect",
}  # fmt: skip
# What only a proxy may say, and we are the proxy; the last names services to each other.
_OURS_ALONE = {b"forwarded", b"x-real-ip", b"x-client-ip", b"proxy", b"x-request-id", b"x-sanad-service"}
_ONCE = {b"host", b"content-length", b"transfer-encoding", b"authorization", b"content-type", b"origin"}
# A client may not name these in Connection to have them taken off before the portal sees them.
_NEVER_DROPPED = {b"host", b"content-length", b"content-type", b"authorization", b"cookie", b"origin"}
_NOT_BACK = HOP_BY_HOP | {b"date", b"server"}


def to_portal(given: Headers, *, client: str, scheme: str, request_id: str) -> Headers:
    """The client's headers as the portal may read them. Raises Refused where they could be read in two ways."""
    _check(given)
    dropped = HOP_BY_HOP | _OURS_ALONE | (_named_in_connection(given) - _NEVER_DROPPED)
    passed = [
        (name, value)
        for name, value in given
        # WSGI reads X_Forwarded_For as X-Forwarded-For, so no name with "_" passes.
        if name not in dropped and b"_" not in name and not name.startswith(b"x-forwarded-")
    ]
    host = next(value for name, value in given if name == b"host")
    return [
        *passed,
        (b"x-forwarded-for", client.encode("ascii")),
        (b"x-forwarded-proto", scheme.encode("ascii")),
        (b"x-forwarded-host", host),
        (b"x-request-id", request_id.encode("ascii")),
    ]


def to_client(given: Headers, request_id: str) -> Headers:
    """The portal's headers without what belongs to our connection with it."""
    lines = [(name.lower(), value) for name, value in given]
    dropped = _NOT_BACK | _named_in_connection(lines)
    passed = [(name, value) for name, value in lines if name not in dropped]
    if not any(name == b"x-request-id" for name, _ in passed):
        passed.append((b"x-request-id", request_id.encode("ascii")))
    return passed


def _check(given: Headers) -> None:
    names = [name for name, _ in given]
    for name in _ONCE:
        if names.count(name) > 1:
            raise _bad(f"The header {name.decode()} was sent more than once.")
    if b"host" not in names:
        raise _bad("The header Host is missing.")
    if b"content-length" in names and b"transfer-encoding" in names:
        raise _bad("Content-Length and Transfer-Encoding were sent together.")


def _bad(sentence: str) -> Refused:
    return Refused(400, "bad-headers", sentence, headers=[(b"connection", b"close")])


def _named_in_connection(given: Headers) -> set[bytes]:
    return {token.strip().lower() for name, value in given if name == b"connection" for token in value.split(b",")}
