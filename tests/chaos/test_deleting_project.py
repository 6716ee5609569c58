"""A project's deletion whose worker is killed at each of its steps: the next one goes on, and nothing is left."""

from __future__ import annotations

import os
import signal
from datetime import timedelta

import pyarrow as pa
import pytest
from django.db import transaction

from apps.features.adapters.valkey import store_at
from apps.features.models import FeatureView
from apps.features.services.online import online_view
from apps.projects import services
from apps.projects.models import Project
from apps.projects.services.farewells import farewells
from apps.tenants.models import TenantExport
from foundation import lake, ledger, storage
from foundation.clock import now
from foundation.identity.models import ApiToken
from foundation.identity.tokens import create_token, revoked_since
from foundation.jobs.models import Job, JobTicket
from foundation.ledger.models import LedgerEvent
from foundation.tenancy import scope
from tests.apps.projects.test_archive import again
from tests.chaos.stopping import a_minute_later, is_dead, steps
from tests.chaos.test_jobs import broker
from tests.chaos.workers import lines, processes, wait_for
from tests.isolation.houses import furnish

__all__ = ["broker", "steps"]
pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
STEPS = (
    "jobs",
    "rows",
    "the plan",
    "tables",
    "an object",
    "values online",
    "a workspace",
    "archives",
    "the stone",
)
# Committed, and the job's own row not yet.
LAST = "everything"


@pytest.fixture
def going(transactional_db, broker):
    """A house whose one project keeps something everywhere, and whose day has come; with all that it keeps, named."""
    with transaction.atomic():
        house = furnish("acme")
    with scope(house.tenant.pk):
        project = house.project
        house.kept = _kept_by(house, project, broker)
        create_token(tenant=house.tenant, name="of it alone", user=house.admin.user, project_id=project.pk)
        TenantExport.objects.update(state="failed")
        Project.objects.update(archived_at=now())
        services.ask_to_delete(actor=again(house.admin), project=house.project, confirmation=project.slug)
        Project.objects.update(deletion_due=now() - timedelta(seconds=1))
        house.doomed = project
    return house


def _kept_by(house, project, broker):
    kept, tables = {"objects": [], "tables": []}, lake.for_tenant(house.tenant.pk)
    for _room, farewell in farewells():
        outside = farewell.outside(project.tenant, project.pk)
        # A stream's table is named by its dataset too, which outlives it.
        for table in set(outside.tables).difference(kept["tables"]):
            tables.write(table, pa.table({"said": [house.canary]}))
            kept["tables"].append(table)
        kept["objects"] += [f"{key}{0:015d}" if key.endswith("/") else key for key in outside.objects]
    for key in [*kept["objects"], "exports/of-the-house"]:
        storage.put(house.tenant.pk, key, house.canary.encode())
    tables.write("ds_" + "a" * 32, pa.table({"said": ["stays"]}))
    online = online_view(FeatureView.objects.select_related("entity").get(project=project))
    (kept["online"],) = online.names.of([{"id": "1"}])
    store_at(broker.url).write([(kept["online"], b"sealed"), (online.marker, b"all")], ttl_seconds=None)
    return kept


@pytest.fixture
def house(tmp_path, broker, steps):
    with processes(tmp_path, broker.url, app="tests.chaos.deleting_project_app") as running:
        yield running
        print(running.logs())


def is_deleted(project):
    with scope(project.tenant_id):
        return Project.objects.get(pk=project.pk).deleted_at is not None


def test_killed_at_each_step_it_is_gone_on_with_by_another(going, house, steps, broker):
    project = going.doomed
    with scope(project.tenant_id):
        digests = set(ApiToken.objects.filter(project_id=project.pk).values_list("digest", flat=True))

    worker = house.worker()
    killed = []
    for step in STEPS:
        steps.stop_at(step)
        a_minute_later(services.begin_deletions)
        standing = wait_for(lambda step=step: steps.reached(step), 60, f"the step {step}")
        os.kill(standing, signal.SIGKILL)
        wait_for(lambda pid=standing: is_dead(pid), 5, "its death")
        killed.append(standing)

        assert not is_deleted(project), step
    assert len(set(killed)) == len(STEPS), "each time it was another process that went on"

    steps.stop_at(LAST)
    a_minute_later(services.begin_deletions)
    wait_for(lambda: steps.reached(LAST), 60, "the end of the work")
    house.kill(worker)
    assert is_deleted(project)
    steps.stop_at("")
    house.worker(name="w2")
    a_minute_later(services.begin_deletions)
    wait_for(lambda: not JobTicket.objects.exists(), 60, "the job's own end")
    _nothing_is_left(going, digests, steps, broker)


def _nothing_is_left(going, digests, steps, broker):
    tenant, project, kept = going.tenant, going.doomed, going.kept
    with scope(tenant.pk):
        assert not FeatureView.objects.exists()
        assert storage.list(tenant.pk) == ["exports/of-the-house"], "what is not the project's stays"
        assert lake.for_tenant(tenant.pk).tables() == ["ds_" + "a" * 32]
        assert store_at(broker.url).read([kept["online"]]) == [None]
        stays = lake.for_tenant(tenant.pk).current("ds_" + "a" * 32)
        assert lake.for_tenant(tenant.pk).read(stays).read_all().to_pylist() == [{"said": "stays"}]
        newest, *before = Job.objects.filter(name="projects.delete_project")
        # So many deaths are more than one job's attempts.
        assert (newest.state, {job.state for job in before}) == ("succeeded", {"failed"})
        assert not Job.objects.exclude(name="projects.delete_project").exists()
        events = LedgerEvent.objects.filter(subject_id=project.pk)
        assert [events.filter(kind=f"project.{word}").count() for word in ("deletion_begun", "deleted")] == [1, 1]
    assert digests and digests <= set(revoked_since(0)[1])
    assert len(lines(steps.folder / "workspaces")) > 1, "MLflow was asked again for what it had deleted"
    assert kept["objects"] and kept["tables"]
    ledger.sequence_once()
    assert ledger.verify_chain(tenant).finding is None
    assert services.begin_deletions() == 0
