"""A server of MySQL or MariaDB with a database of its own, and the source that reads it."""

from __future__ import annotations

import pytest

from tests.apps.connections.reading import opened

__all__ = ["server", "source"]


@pytest.fixture
def server(mysql):
    mysql.run("DROP DATABASE shop", "CREATE DATABASE shop CHARACTER SET utf8mb4", database=None)
    return mysql


@pytest.fixture
def source(server, tmp_path):
    return opened(server, tmp_path, "mysql")
