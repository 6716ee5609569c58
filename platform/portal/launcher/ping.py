"""Asking a Valkey or Redis whether it is there: spoken by hand, since two words are all it takes."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import unquote, urlsplit

PATIENCE_S = 5.0


def ping(url: str) -> str:
    """What a Valkey or Redis says to PING after signing in; `+PONG` when all is well."""
    parts = urlsplit(url)
    words = [part for part in (parts.username, parts.password) if part]
    lines = [f"AUTH {' '.join(unquote(word) for word in words)}"] if words else []
    try:
        with _connect(url) as connection, connection.makefile("rb") as answers:
            connection.sendall("".join(f"{line}\r\n" for line in [*lines, "PING"]).encode())
            replies = [answers.readline().decode().strip() for _ in range(len(lines) + 1)]
    except OSError as error:
        return error.strerror or str(error)
    return next((reply for reply in replies if reply.startswith("-")), replies[-1])


def _connect(url: str) -> socket.socket:
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    if parts.scheme != "unix":
        connection = socket.create_connection((host, parts.port or 6379), timeout=PATIENCE_S)
        secure = parts.scheme == "rediss"
        return ssl.create_default_context().wrap_socket(connection, server_hostname=host) if secure else connection
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(PATIENCE_S)
    try:
        connection.connect(unquote(parts.path))
    except OSError:
        connection.close()
        raise
    return connection
