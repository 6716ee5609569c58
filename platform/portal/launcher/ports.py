"""The one public port: which it is, and whether it can be had."""

from __future__ import annotations

import socket
from collections.abc import Mapping

import psutil

from portal.launcher.errors import Refusal

DEFAULT = 8000
MEND = "End what uses it, or choose another: make up SANAD_PORT=8010"


def wanted_port(asked: int | None, given: Mapping[str, str]) -> int:
    """The port asked for, else SANAD_PORT, else 8000; 0 means any free one."""
    if asked is not None:
        return asked
    text = given.get("SANAD_PORT") or str(DEFAULT)
    if not text.isdigit() or int(text) > 65535:
        raise Refusal(f"SANAD_PORT is {text!r}; it has to be a port number, or 0 for any free one.")
    return int(text)


def free_port(host: str, port: int) -> int:
    """The port itself, or a free one for 0; refuses with who holds it."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise Refusal(f"Port {port} on {host} cannot be used ({_holder(port) or error}). {MEND}") from error
        return int(probe.getsockname()[1])


def _holder(port: int) -> str:
    """Which program listens there, where we may know it."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:2] == (port,) and connection.pid:
                return f"{psutil.Process(connection.pid).name()}, pid {connection.pid}, listens there"
    except psutil.Error:
        return ""
    return ""
