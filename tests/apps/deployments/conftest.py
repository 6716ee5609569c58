from __future__ import annotations

import pytest

from apps.deployments import selectors, services
from apps.deployments.adapters import gateway
from tests.apps.deployments.stage import answer_as_ready
from tests.apps.registry.conftest import asked, finished_run, iris_artifact, promoted, registered

__all__ = ["asked", "finished_run", "iris_artifact", "promoted", "registered"]


@pytest.fixture(autouse=True)
def silent_gateway(monkeypatch):
    """No gateway runs beside these tests; `silent_gateway["stats"]` is what it would say."""
    said = {"stats": None}
    monkeypatch.setattr(gateway, "read_stats", lambda socket, tenant_id: said["stats"])
    return said


@pytest.fixture
def deployed(scientist, promoted):
    """A deployment whose revisions answer, as far as the portal knows: `deployed(revisions=2)`."""

    def deploy(*, revisions=1, slug="flowers", version=None):
        version = version or promoted()
        for _number in range(revisions):
            revision = services.deploy_version(actor=scientist, version_id=version.pk, slug=slug)
            answer_as_ready(scientist, revision)
        return selectors.get_deployment(actor=scientist, deployment_id=revision.deployment_id)

    return deploy


@pytest.fixture
def again(scientist):
    """A thing as the database has it now."""

    def read(thing):
        return selectors.get_deployment(actor=scientist, deployment_id=thing.pk)

    return read
