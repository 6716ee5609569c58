"""How the doorway reaches a target: directly at a checked address, or through the operator's proxy."""

from __future__ import annotations

import base64
import socket
from urllib.parse import unquote, urlsplit

from foundation.outbound import names, reaching, targets
from foundation.outbound.errors import Unreachable
from foundation.outbound.relaying import Head, head_of
from foundation.outbound.rules import rules, trust
from foundation.outbound.targets import Target
from foundation.outbound.wire import Deadline
from foundation.words import kept as _

# Between a client and its proxy alone; one request to a connection, since a second one might want to go elsewhere.
_OWN = ("proxy-authorization", "proxy-connection", "connection", "keep-alive")


def reach(head: Head, target: Target, deadline: Deadline) -> tuple[socket.socket, bytes]:
    """(an open connection, what is sent there first). Refused or Unreachable: the target may not or cannot be had."""
    tunnel = head.method == "CONNECT"
    proxy = rules().proxy_for("https" if tunnel else "http", target.host)
    if not proxy:
        connection = reaching.connect_to(target, deadline)
        return connection, head.rest if tunnel else _request(head, target.path, [])
    with names.unknown_passes():
        targets.addresses_of(target, patience_s=deadline.left())
    connection, proof = _to_proxy(proxy, deadline)
    if not tunnel:
        return connection, _request(head, target.url, proof)
    try:
        _ask_for_tunnel(connection, target, proof, deadline)
    except BaseException:
        connection.close()
        raise
    return connection, head.rest


def _to_proxy(proxy: str, deadline: Deadline) -> tuple[socket.socket, list[str]]:
    parts = urlsplit(proxy)
    host, secure = parts.hostname or "", parts.scheme == "https"
    connection = reaching.dial(targets.at(host, parts.port or (443 if secure else 80)), [host], deadline)
    if secure:
        connection = trust(rules().authorities).wrap_socket(connection, server_hostname=host)
    known = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
    proof = base64.b64encode(known.encode()).decode()
    return connection, [f"Proxy-Authorization: Basic {proof}"] if known else []


def _ask_for_tunnel(connection: socket.socket, target: Target, proof: list[str], deadline: Deadline) -> None:
    at = f"[{target.host}]:{target.port}" if ":" in target.host else f"{target.host}:{target.port}"
    connection.sendall("\r\n".join([f"CONNECT {at} HTTP/1.1", f"Host: {at}", *proof, "", ""]).encode())
    answer = head_of(connection, deadline)
    if answer.wanted != "200" or answer.rest:
        raise Unreachable(
            _("%(host)s gave no answer: %(why)s.") % {"host": target.host, "why": f"proxy, {answer.wanted[:3]}"}
        )


def _request(head: Head, wanted: str, proof: list[str]) -> bytes:
    kept = [line for line in head.lines if line.partition(b":")[0].strip().lower().decode("latin-1") not in _OWN]
    first = f"{head.method} {wanted} HTTP/1.1".encode()
    own = [line.encode() for line in (*proof, "Connection: close")]
    return b"\r\n".join([first, *kept, *own, b"", head.rest])
