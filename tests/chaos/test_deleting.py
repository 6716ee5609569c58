"""A tenant's deletion whose worker is killed at each of its steps: the next one goes on, and nothing is left."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from django.conf import settings as portal
from django.db import transaction

from apps.tenants import services
from foundation import lake, ledger, storage
from foundation.identity.models import ApiToken, User
from foundation.identity.tokens import revoked_since
from foundation.jobs.models import Job, JobTicket
from foundation.ledger.models import LedgerEvent
from foundation.tenancy import find_tenant, scope
from tests.apps.tenants.test_leaving import due, found_in_database
from tests.chaos.stopping import a_minute_later, is_dead, steps
from tests.chaos.test_jobs import broker
from tests.chaos.workers import lines, processes, wait_for
from tests.isolation.houses import furnish

__all__ = ["broker", "steps"]
pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
STEPS = ("jobs", "a token", "a workspace", "tables", "an object", "keys", "a person", "rows", "the stone")
# Committed, and the job's own row not yet.
LAST = "everything"


@pytest.fixture
def leaving(transactional_db):
    """A tenant with one thing of every kind, tables and objects, whose wait is over."""
    import pyarrow as pa

    with transaction.atomic():
        house = furnish("acme")
    lake.for_tenant(house.tenant.pk).write("ds_" + "a" * 32, pa.table({"said": [house.canary] * 50}))
    for name in ("one.bin", "two.bin"):
        storage.put(house.tenant.pk, name, house.canary.encode())
    with scope(house.tenant.pk):
        services.ask_to_leave(actor=house.admin, confirmation="acme")
    due(house.tenant)
    return house


@pytest.fixture
def house(tmp_path, broker, steps):
    with processes(tmp_path, broker.url, app="tests.chaos.deleting_app") as running:
        yield running
        print(running.logs())


def test_killed_at_each_step_it_is_gone_on_with_by_another(leaving, house, steps):
    with scope(leaving.tenant.pk):
        digests = set(ApiToken.objects.filter(tenant=leaving.tenant).values_list("digest", flat=True))

    worker = house.worker()
    killed = []
    for step in STEPS:
        steps.stop_at(step)
        a_minute_later(services.begin_deletions)
        standing = wait_for(lambda step=step: steps.reached(step), 30, f"the step {step}")
        os.kill(standing, signal.SIGKILL)
        wait_for(lambda pid=standing: is_dead(pid), 5, "its death")
        killed.append(standing)

        assert find_tenant("acme").deleted_at is None, step
    assert len(set(killed)) == len(STEPS), "each time it was another process that went on"

    steps.stop_at(LAST)
    a_minute_later(services.begin_deletions)
    wait_for(lambda: steps.reached(LAST), 30, "the end of the work")
    house.kill(worker)
    assert find_tenant("acme").deleted_at is not None
    steps.stop_at("")
    house.worker(name="w2")
    a_minute_later(services.begin_deletions)
    wait_for(lambda: not JobTicket.objects.exists(), 30, "the job's own end")
    _nothing_is_left(leaving, digests, steps)


def _nothing_is_left(leaving, digests, steps):
    tenant = leaving.tenant
    assert found_in_database(leaving.canary) == set()
    assert not (Path(portal.SANAD_HOME) / "lake" / tenant.pk.hex).exists()
    assert storage.list(tenant.pk) == []
    assert digests and digests <= set(revoked_since(0)[1])
    assert len(lines(steps.folder / "workspaces")) > 1, "MLflow was asked again for what it had deleted"
    assert (User.objects.get(pk=leaving.admin.user.pk).is_active, find_tenant("acme").name) == (False, "acme")
    with scope(tenant.pk):
        assert [job.state for job in Job.objects.filter(tenant=tenant)] == ["succeeded"]
        assert LedgerEvent.objects.filter(tenant_id=tenant.pk, kind="tenant.deleted").count() == 1
    ledger.sequence_once()
    assert ledger.verify_chain(find_tenant("acme")).finding is None
    assert services.begin_deletions() == 0
