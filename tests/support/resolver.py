"""Names that mean what a test says."""

from __future__ import annotations

import socket

import pytest

__all__ = ["resolver"]


@pytest.fixture
def resolver(monkeypatch):
    """Names answer as the test says, in turn; the list of what was asked."""
    asked, true = [], socket.getaddrinfo

    def answer(**names):
        turns = {name.replace("_", "."): list(found) for name, found in names.items()}

        def look(host, port, *args, **kwargs):
            if host not in turns:
                return true(host, port, *args, **kwargs)
            asked.append(host)
            found = turns[host].pop(0) if len(turns[host]) > 1 else turns[host][0]
            family = socket.AF_INET6 if ":" in found else socket.AF_INET
            return [(family, socket.SOCK_STREAM, 6, "", (found, port))]

        monkeypatch.setattr(socket, "getaddrinfo", look)
        return asked

    return answer
