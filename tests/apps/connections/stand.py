"""What the tests of connections stand on: a real server of somebody else, and a connection to it."""

from __future__ import annotations

import pytest

from apps.connections import services
from foundation.clock import now
from tests.contracts.source_stages import postgresql_stage
from tests.support.source_servers import loopback_allowed, postgresql

__all__ = ["loopback_allowed", "postgresql", "stage", "warehouse"]


@pytest.fixture
def stage(postgresql, loopback_allowed, tmp_path):
    """Another PostgreSQL with a table of 1 234 orders, that `reader` may read."""
    return postgresql_stage(postgresql, tmp_path)


@pytest.fixture
def warehouse(admin, project, stage):
    """A connection of the project to it, that nobody has tested."""
    return services.create_connection(
        actor=admin,
        name="Warehouse",
        kind=stage.kind,
        settings=stage.settings,
        secrets=stage.secrets,
        now=now(),
        project_id=project.pk,
    )
