"""A project goes the whole way of the data, is deleted, and is then looked for in everything that is left: nowhere."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from django.conf import settings

from apps.projects import services as projects
from apps.projects.models import Project
from foundation import lake, storage
from foundation.clock import now
from foundation.tenancy import scope
from tests.apps.experiments.conftest import acme, engine, mlflow_process, mlflow_server, portal
from tests.isolation.test_canary import forms, written_out
from tests.isolation.test_canary import holding as files_holding
from tests.isolation.test_erased_canary import CANARY, readable_of, way
from tests.support import servers
from tests.support.jobs import run_queued

__all__ = ["acme", "engine", "mlflow_process", "mlflow_server", "portal", "way"]
pytestmark = pytest.mark.slow
NEIGHBOUR = "ds_" + "b" * 32


def test_a_deleted_project_is_nowhere_in_clear_and_in_nothing_that_opens(way, mlflow_process, caplog):
    house, admin = way
    tenant, project = house.tenant, house.project
    workspace = f"p-{project.pk.hex}"
    with scope(tenant.pk):
        before = {name for name, content in readable_of(tenant) if CANARY.encode() in content}
        for kind in ("table ds_", "table fv_", "table ts_", "table inference_", "object feature-views/"):
            assert any(name.startswith(kind) for name in before), f"the search finds {kind}"
        kept = {key.partition("/")[0] for key in storage.list(tenant.pk)}
        assert {"models", "runs"} <= kept
        lake.for_tenant(tenant.pk).write(NEIGHBOUR, pa.table({"said": ["stays"]}))
        storage.put(tenant.pk, "runs/of-a-neighbour/log", b"stays")
        assert list(mlflow_process.folder.rglob(workspace)), "MLflow keeps files of it"
        Project.objects.filter(pk=project.pk).update(archived_at=now())
        projects.ask_to_delete(actor=admin, project=project, confirmation=project.slug)
        Project.objects.filter(pk=project.pk).update(deletion_due=now() - timedelta(seconds=1))
    projects.begin_deletions()
    ran = run_queued()

    with scope(tenant.pk):
        assert Project.objects.get(pk=project.pk).deleted_at is not None, [job.failure for job in ran]
        assert [name for name, content in readable_of(tenant) if CANARY.encode() in content] == []
        tables = lake.for_tenant(tenant.pk)
        assert tables.tables() == [NEIGHBOUR]
        assert tables.read(tables.current(NEIGHBOUR)).read_all().to_pylist() == [{"said": "stays"}]
        assert storage.list(tenant.pk) == ["runs/of-a-neighbour/log"]
    assert list(mlflow_process.folder.rglob(workspace)) == []
    written_out()
    everywhere = (*servers.folders(), mlflow_process.folder, Path(settings.SANAD_HOME))
    assert files_holding([str(admin.user.email)], servers.folders()[-1]), "the search finds what is there"
    assert files_holding(forms(CANARY), *everywhere) == []
    assert CANARY not in caplog.text
