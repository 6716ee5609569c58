"""Servers of other people that sources are read from: each is started once for a test process that needs it."""

from __future__ import annotations

import atexit
import tempfile
from functools import cache
from ipaddress import ip_network

import pytest

from tests.support.databases import MariaDB, Postgres
from tests.support.file_server import FileServer
from tests.support.object_store import ObjectStore

__all__ = ["file_server", "loopback_allowed", "mysql", "object_store", "postgresql"]


@pytest.fixture
def loopback_allowed(settings):
    """127.0.0.1 alone: its neighbours 127.0.0.2 and so on stay what they are, inside."""
    settings.OUTBOUND_ALLOW = [ip_network("127.0.0.1/32")]


@cache
def _started(kind, *how):
    server = kind(*how)
    atexit.register(server.stop)
    return server


@pytest.fixture
def postgresql():
    return _started(Postgres)


@pytest.fixture
def mysql():
    return _started(MariaDB)


@pytest.fixture
def object_store():
    server = _started(ObjectStore)
    server.keys = getattr(server, "keys", None) or server.make_user()
    return server


@cache
def _folder():
    folder = tempfile.TemporaryDirectory(prefix="sanad-files-")
    atexit.register(folder.cleanup)
    return folder.name


@pytest.fixture
def file_server():
    """The server without faults; its folder is empty."""
    server = _started(FileServer, _folder())
    for left in server.folder.iterdir():
        left.unlink()
    server.fault()
    return server
