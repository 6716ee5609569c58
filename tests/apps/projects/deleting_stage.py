"""A project that is archived, asked to be deleted, due and deleted; without MLflow and a gateway."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.deployments import selectors as deployments
from apps.experiments.adapters import tracking
from apps.projects import services
from apps.projects.models import Project
from foundation.clock import now
from foundation.tenancy import scope
from tests.apps.projects.test_archive import again
from tests.support.jobs import run_queued

ARCHIVE = "/t/acme/p/flights/settings/archive/"
API = "/api/v1/projects/flights/"


@pytest.fixture(autouse=True)
def workspaces(monkeypatch):
    """MLflow's workspaces that were deleted, and a gateway that has logged all; real ones: test_erased_canary."""
    gone = []
    monkeypatch.setattr(tracking, "forget_workspace", gone.append)
    monkeypatch.setattr(deployments.gateway, "read_waiting", lambda _socket: 0)
    return gone


@pytest.fixture(autouse=True)
def with_keys_of_the_tenant(settings):
    settings.LAKE_KEYS = "foundation.lake.keys.keys_of"


@pytest.fixture
def archived(admin, project):
    return services.archive_project(actor=admin, project=project)


def asked(actor, project):
    return services.ask_to_delete(actor=again(actor), project=project, confirmation=project.slug)


def due(project):
    with scope(project.tenant_id):
        Project.objects.filter(pk=project.pk).update(deletion_due=now() - timedelta(seconds=1))


def delete(actor, project):
    """From asking to the stone; the jobs that ran."""
    with scope(project.tenant_id):
        Project.objects.filter(pk=project.pk, archived_at=None).update(archived_at=now())
        asked(actor, project)
    due(project)
    assert services.begin_deletions() == 1
    return run_queued()


def stone_of(project):
    with scope(project.tenant_id):
        return Project.objects.get(pk=project.pk)
