"""A server of PostgreSQL with a database of its own, and the source that reads it."""

from __future__ import annotations

import pytest

from tests.apps.connections.reading import opened

__all__ = ["server", "source"]


@pytest.fixture
def server(postgresql):
    postgresql.run("DROP SCHEMA public CASCADE", "CREATE SCHEMA public", "GRANT USAGE ON SCHEMA public TO reader")
    postgresql.run("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO reader")
    return postgresql


@pytest.fixture
def source(server, tmp_path):
    return opened(server, tmp_path, "postgresql")
