"""What the ledger says of runs, data, artifacts and replicas is metered, from the database's times."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db.models import Sum

from apps.datasets.events import VersionCommitted
from apps.datasets.models import Dataset, DatasetVersion
from apps.experiments import services as experiments
from apps.experiments.events import RunCancelled, RunStarted
from apps.tenants import services
from apps.tenants.models import UsageHour, UsageSpan
from foundation import ledger
from foundation.clock import database_now
from foundation.ledger.dispatch import dispatch_once
from foundation.ledger.models import LedgerEvent, SubscriberCursor
from tests.apps.experiments.rows import make_run


@pytest.fixture(autouse=True)
def own_ledger(settings, tmp_path, monkeypatch):
    from foundation.ledger import signing

    settings.LEDGER_SIGNING_KEY_FILE = tmp_path / "secrets" / "ledger-signing.pem"
    settings.LEDGER_ANCHOR_FOLDER = tmp_path / "anchors"
    signing.signing_key.cache_clear()


def say(actor, event, thing):
    kind = event.kind.split(".")[0]
    ledger.record(event, actor=actor, project_id=thing.project_id, subject=(kind, thing.pk))


def deliver(name):
    ledger.sequence_once()
    return dispatch_once(name=name)


def seconds(**limits):
    return UsageHour.objects.filter(kind="compute_seconds", **limits).aggregate(n=Sum("amount"))["n"]


def test_a_run_is_metered_from_its_start_to_its_end(scientist, project):
    run = make_run(scientist, project, state="running", attempt=1)
    started = RunStarted(run_id=run.pk, attempt=1, engine="process")
    say(scientist, started, run)
    assert deliver("experiments.usage") == 1
    span = UsageSpan.objects.get()
    event = LedgerEvent.objects.get(kind="run.started")
    assert (span.started_at, span.person_id, span.resource_class) == (event.recorded_at, scientist.user.pk, "small")

    # Seven minutes earlier by the database's clock: what the ledger says is what counts, not when it is heard.
    UsageSpan.objects.update(started_at=span.started_at - timedelta(minutes=7))
    UsageSpan.objects.update(metered_until=span.started_at - timedelta(minutes=7))
    say(scientist, RunCancelled(run_id=run.pk, attempt=1), run)
    assert deliver("experiments.usage") == 1
    ended = LedgerEvent.objects.get(kind="run.cancelled").recorded_at
    expected = Decimal((ended - span.started_at + timedelta(minutes=7)).total_seconds()).quantize(Decimal("0.000001"))
    assert seconds(thing_id=run.pk) == expected


def test_a_subscriber_that_hears_the_whole_ledger_anew_counts_nothing_twice(scientist, project):
    run = make_run(scientist, project, state="running", attempt=1)
    say(scientist, RunStarted(run_id=run.pk, attempt=1, engine="process"), run)
    deliver("experiments.usage")
    UsageSpan.objects.update(metered_until=UsageSpan.objects.get().started_at - timedelta(minutes=1))
    say(scientist, RunCancelled(run_id=run.pk, attempt=1), run)
    deliver("experiments.usage")
    before = seconds()
    assert before >= 60

    SubscriberCursor.objects.filter(name="experiments.usage").update(position=0)
    assert dispatch_once(name="experiments.usage") == 2
    assert seconds() == before


def test_the_end_of_a_run_by_its_service_is_heard(scientist, project):
    run = make_run(scientist, project, state="running", attempt=1)
    say(scientist, RunStarted(run_id=run.pk, attempt=1, engine="process"), run)
    experiments.fail_run(actor=scientist, run_id=run.pk, sentence="The disk is full.")
    assert deliver("experiments.usage") == 2
    assert UsageSpan.objects.get().ended_at is not None


def test_a_committed_version_is_metered_by_its_bytes(scientist, project):
    dataset = Dataset.objects.create(tenant=scientist.tenant, project_id=project.pk, name="iris", slug="iris")
    version = DatasetVersion.objects.create(
        tenant=scientist.tenant,
        project_id=project.pk,
        dataset=dataset,
        number=1,
        state="ready",
        byte_count=4096,
        created_by=scientist.user,
    )
    words = {"dataset_id": dataset.pk, "version_id": version.pk, "number": 1, "digest": "d" * 64}
    committed = VersionCommitted(row_count=10, lake_snapshot=3, **words)
    say(scientist, committed, version)
    assert deliver("datasets.usage") == 1
    span = UsageSpan.objects.get()
    assert (span.byte_count, span.thing_kind, span.thing_id) == (4096, "dataset", dataset.pk)


def test_what_is_said_of_a_run_that_is_not_there_is_not_counted(scientist, project):
    ghost = uuid4()
    services.end_usage(tenant_id=scientist.tenant_id, subject_id=ghost, at=database_now())
    assert not UsageHour.objects.exists()
