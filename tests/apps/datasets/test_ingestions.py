"""Data that comes again and again: only what is new, at its time, from where the committed versions lead."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from apps.datasets import selectors, services
from apps.datasets.choices import IngestionState, Mode, VersionState
from apps.datasets.models import DatasetVersion, Ingestion
from apps.datasets.services import schedules
from apps.tenants import services as tenants
from foundation import lake, ledger
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid
from foundation.jobs.models import Job
from foundation.jobs.registry import kept_waiting_by
from foundation.ledger.dispatch import dispatch_once
from tests.apps.datasets.test_masking import blind
from tests.apps.datasets.test_pulling import bucket, dataset, kill_at, warehouse
from tests.support.source_servers import loopback_allowed, object_store, postgresql

__all__ = ["bucket", "dataset", "loopback_allowed", "object_store", "postgresql", "warehouse"]

pytestmark = pytest.mark.usefixtures("loopback_allowed")


@pytest.fixture
def plan(warehouse):
    return services.Plan(
        warehouse.connection.pk, "public.orders", mode=Mode.INCREMENTAL, key=("id",), cursor="id", zone="Asia/Dubai"
    )


@pytest.fixture
def ingestion(scientist, dataset, plan):
    return services.create_ingestion(actor=scientist, dataset=dataset, plan=plan, now=now())


@pytest.fixture
def run(scientist, run_jobs):
    def go(ingestion, **words):
        version = services.run_ingestion(actor=scientist, ingestion=ingestion, **words)
        run_jobs()
        version.refresh_from_db()
        return version

    return go


def ids_of(version):
    rows = lake.for_tenant(version.tenant_id).read(selectors.table_at(version)).read_all()
    return sorted(rows["id"].to_pylist())


def test_only_what_is_new_is_read_and_nothing_new_makes_no_version(ingestion, warehouse, run, dataset):
    first = run(ingestion)
    assert (first.state, ids_of(first)) == (VersionState.READY, warehouse.items)
    nothing = run(ingestion)
    assert (nothing.state, nothing.number) == (VersionState.UNCHANGED, None)
    assert not dataset.versions.filter(number=2).exists()
    warehouse.add()
    second = run(ingestion)
    assert (second.number, second.row_count) == (2, len(warehouse.items) + 1)
    assert second.source["since"] and second.source["reached"] != second.source["since"]


def test_what_became_personal_since_is_matched_for_nobody_who_sees_masks(scientist, dataset, plan, run):
    program = blind(scientist, "connection.view")
    ingestion = services.create_ingestion(
        actor=program, dataset=dataset, plan=replace(plan, mode=Mode.UPSERT), now=now()
    )
    first = run(ingestion)
    assert first.source["masked"] is True
    services.classify_column(actor=scientist, version=first, column="id", column_class="personal")
    with pytest.raises(AccessDenied, match="not matched by them for you"):
        services.run_ingestion(actor=program, ingestion=ingestion)
    # The clock has nothing of the limits of the token that set it up.
    with pytest.raises(AccessDenied, match="Whoever set this up saw these masked"):
        services.run_ingestion(actor=scientist, ingestion=ingestion)
    again = services.edit_ingestion(
        actor=scientist, ingestion=ingestion, plan=replace(plan, mode=Mode.UPSERT), now=now()
    )
    assert run(again).source.get("masked") is None


def test_a_discarded_version_is_read_again(scientist, dataset, plan, run, warehouse):
    ingestion = services.create_ingestion(actor=scientist, dataset=dataset, plan=replace(plan, review=True), now=now())
    first = run(ingestion)
    with pytest.raises(Conflict, match="waits for review"):
        run(ingestion)
    services.discard_version(actor=scientist, version=first)
    again = run(ingestion)
    assert (again.state, again.row_count) == (VersionState.REVIEW, len(warehouse.items))


def test_a_span_is_read_anew_and_replaces_what_is_there_of_it(ingestion, warehouse, run):
    first = run(ingestion)
    low, high = warehouse.items[10], warehouse.items[20]
    anew = run(ingestion, since=str(low), until=str(high))
    assert (anew.state, ids_of(anew)) == (VersionState.READY, ids_of(first))
    assert anew.source["span"] == {"column": "id", "since": str(low), "until": str(high)}
    # It says nothing of how far the others lead.
    assert run(ingestion).state == VersionState.UNCHANGED


def test_of_a_folder_only_new_files_are_read(scientist, dataset, bucket, run):
    plan = services.Plan(bucket.connection.pk, "day", pattern="*.csv", mode=Mode.INCREMENTAL)
    ingestion = services.create_ingestion(actor=scientist, dataset=dataset, plan=plan, now=now())
    assert ids_of(run(ingestion)) == list(range(33))
    assert run(ingestion).state == VersionState.UNCHANGED
    bucket.server.hold_rights(False)
    bucket.server.sdk.put_object(Bucket=bucket.settings["bucket"], Key="in/day/100.csv", Body=b"id\n100\n")
    bucket.server.hold_rights()
    assert ids_of(run(ingestion)) == [*range(33), 100]


def test_a_paused_reading_goes_on_where_it_stopped(scientist, dataset, plan, run_jobs, monkeypatch):
    ingestion = services.create_ingestion(actor=scientist, dataset=dataset, plan=plan, now=now())
    version = services.run_ingestion(actor=scientist, ingestion=ingestion)
    monkeypatch.setattr("apps.datasets.services.pulling._LOOKS_EVERY_S", 0)
    written, once = kill_at(monkeypatch, None), []

    def pausing(self, rows):
        if len(written) == 3 and not once:
            once.append(services.pause_version(actor=scientist, version=version, now=now()))
        told(self, rows)

    told = services.pulling._Teller.told
    monkeypatch.setattr("apps.datasets.services.pulling._Teller.told", pausing)
    run_jobs()
    version.refresh_from_db()
    [job] = Job.objects.filter(arguments__version_id=str(version.pk))
    assert (version.state, written, job.state) == (VersionState.INGESTING, ["1", "2", "3"], "queued")
    assert "It is paused" in kept_waiting_by(job, take=False)
    services.resume_version(actor=scientist, version=version)
    run_jobs(also_later=True)
    version.refresh_from_db()
    assert (version.state, version.row_count, written[3]) == (VersionState.READY, 1_234, "4")


def test_what_is_due_is_started_once_and_a_refusal_stands_at_it(scientist, dataset, plan, tenant, warehouse):
    daily = replace(plan, cron="30 6 * * *")
    ingestion = services.create_ingestion(actor=scientist, dataset=dataset, plan=daily, now=now())
    due = ingestion.next_at
    assert due and due.astimezone(UTC).strftime("%H:%M") == "02:30"
    services.start_due(now=due - timedelta(seconds=1))
    assert not ingestion.versions.exists()
    # Three days in which nothing looked are one load.
    services.start_due(now=due + timedelta(days=3))
    services.start_due(now=due + timedelta(days=3))
    assert ingestion.versions.count() == 1
    services.start_due(now=due + timedelta(days=4))
    ingestion.refresh_from_db()
    assert ingestion.versions.count() == 1 and "being read in already" in ingestion.trouble
    assert ingestion.next_at == due + timedelta(days=5)
    services.pause_ingestion(actor=scientist, ingestion=ingestion)
    services.start_due(now=due + timedelta(days=9))
    assert ingestion.versions.count() == 1
    resumed = services.resume_ingestion(actor=scientist, ingestion=ingestion, now=now())
    assert (resumed.state, resumed.next_at) == (IngestionState.ACTIVE, due)


def test_whoever_lost_the_right_starts_nothing_any_more(scientist, dataset, plan, tenant, admin, project):
    hourly = replace(plan, cron="0 * * * *")
    ingestion = services.create_ingestion(actor=scientist, dataset=dataset, plan=hourly, now=now())
    Ingestion.objects.filter(pk=ingestion.pk).update(actor_kind="service", actor_id=project.pk)
    services.start_due(now=ingestion.next_at)
    ingestion.refresh_from_db()
    assert "is no more" in ingestion.trouble and not ingestion.versions.exists()


def test_a_new_version_of_another_dataset_starts_it(scientist, dataset, plan, project, written):
    source = services.create_dataset(actor=scientist, project=project, name="Calendar")
    after = replace(plan, after_id=source.pk)
    ingestion = services.create_ingestion(actor=scientist, dataset=dataset, plan=after, now=now())
    written("calendar.csv", b"id\n1\n", dataset=source)
    ledger.sequence_once()
    dispatch_once()
    assert [v.source["trigger"] for v in ingestion.versions.all()] == ["event"]
    circle = replace(plan, after_id=dataset.pk)
    for target in (source, dataset):
        with pytest.raises(Invalid, match="start themselves"):
            services.create_ingestion(actor=scientist, dataset=target, plan=circle, now=now())


def test_no_circle_leads_through_a_transformation(scientist, dataset, plan, project, written):
    written("raw.csv", b"id\n1\n", dataset=dataset)
    made = services.create_dataset(actor=scientist, project=project, name="Made")
    words = {"name": "made", "output": made, "sql": "SELECT id FROM d", "inputs": {"d": dataset.pk}, "now": now()}
    made_first = services.create_transformation(actor=scientist, project=project, **words)
    after = replace(plan, after_id=made.pk)
    with pytest.raises(Invalid, match="start themselves"):
        services.create_ingestion(actor=scientist, dataset=dataset, plan=after, now=now())
    services.delete_transformation(actor=scientist, transformation=made_first)
    services.create_ingestion(actor=scientist, dataset=dataset, plan=after, now=now())
    with pytest.raises(Invalid, match="in a circle"):
        services.create_transformation(actor=scientist, project=project, **words)


def test_what_was_read_before_a_change_moves_nothing_of_what_is_read_now(scientist, dataset, plan, run):
    ingestion = services.create_ingestion(actor=scientist, dataset=dataset, plan=replace(plan, review=True), now=now())
    version = run(ingestion)
    other = replace(plan, pattern="other")
    services.edit_ingestion(actor=scientist, ingestion=ingestion, plan=other, now=now())
    services.commit_version(actor=scientist, version=version, now=now())
    ingestion.refresh_from_db()
    assert ingestion.reached == "", "what is read anew is read from its beginning"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"cursor": ""}, "whose values only grow"),
        ({"mode": Mode.UPSERT, "key": ()}, "which columns are the key"),
        ({"cron": "61 * * * *"}, "is no schedule"),
        ({"cron": "* * *"}, "five fields"),
        ({"cron": "0 0 30 2 *"}, "is no schedule"),
        ({"cron": "0 0 * * *", "zone": "Dubai"}, "no time zone"),
        ({"place": ""}, "what is read"),
    ],
)
def test_a_plan_that_cannot_be_kept_is_refused(scientist, dataset, plan, words, said):
    with pytest.raises(Invalid, match=said):
        services.create_ingestion(actor=scientist, dataset=dataset, plan=replace(plan, **words), now=now())


def test_summer_time_neither_doubles_nor_drops_a_time():
    spring = datetime(2026, 3, 28, 12, tzinfo=UTC)
    first = schedules.next_after("30 2 * * *", "Europe/Berlin", spring)
    second = schedules.next_after("30 2 * * *", "Europe/Berlin", first)
    assert (first, second) == (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 3, 30, 0, 30, tzinfo=UTC))
    autumn = datetime(2026, 10, 24, 12, tzinfo=UTC)
    first = schedules.next_after("30 2 * * *", "Europe/Berlin", autumn)
    assert schedules.next_after("30 2 * * *", "Europe/Berlin", first) - first >= timedelta(hours=24)


def test_versions_stay_when_it_is_deleted(scientist, ingestion, run):
    version = run(ingestion)
    services.delete_ingestion(actor=scientist, ingestion=ingestion)
    assert not Ingestion.objects.exists()
    tenants.empty_due(now=now() + timedelta(days=400))
    version.refresh_from_db()
    assert version.ingestion_id is None and not Ingestion.everything.exists()
    assert DatasetVersion.objects.count() == 1
