from __future__ import annotations

import pytest

from apps.deployments import selectors as deployments
from apps.monitoring import selectors, services
from tests.apps.deployments.conftest import deployed, silent_gateway
from tests.apps.registry.conftest import asked, finished_run, iris_artifact, promoted, registered
from tests.runtime import tables

__all__ = ["asked", "deployed", "finished_run", "iris_artifact", "promoted", "registered", "silent_gateway"]


@pytest.fixture
def revision(scientist, deployed):
    """The revision that serves the flowers."""
    return deployments.visible_revisions(actor=scientist, deployment_id=deployed().pk).get()


@pytest.fixture
def monitor(scientist, revision):
    services.ensure_monitor(actor=scientist, deployment_id=revision.deployment_id)
    return selectors.monitor_of(actor=scientist, deployment_id=revision.deployment_id)


@pytest.fixture(scope="session")
def flowers():
    """The rows that the model was trained on, without what they are."""
    return tables.iris().drop_columns(["target"]).to_pylist()


@pytest.fixture
def cells(scientist, monitor):
    """The drift as pages see it: `cells()["petal_length_(cm)"]`."""

    def read():
        return {cell.feature: cell for cell in selectors.drift_cells(actor=scientist, monitor=monitor)}

    return read
