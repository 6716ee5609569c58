"""What lies behind a connection becomes a version: read in pieces, whole and once, whoever is killed meanwhile."""

from __future__ import annotations

import pytest

from apps.connections import services as connections
from apps.connections.adapters import files, table_files, tables
from apps.datasets import selectors, services
from apps.datasets.choices import VersionState
from apps.datasets.models import DatasetVersion
from apps.datasets.services import pulling
from apps.tenants import services as tenants
from foundation import jobs, lake, ledger
from foundation.clock import now
from foundation.errors import Conflict
from foundation.jobs.choices import JobState
from foundation.jobs.models import Job
from foundation.jobs.registry import kept_waiting_by
from foundation.lake.adapters.duckdb_lake import DuckDBLake
from tests.apps.datasets.test_masking import blind
from tests.contracts.source_stages import delta_stage, iceberg_stage, postgresql_stage, s3_stage
from tests.support.source_servers import loopback_allowed, object_store, postgresql

__all__ = ["loopback_allowed", "object_store", "postgresql"]

pytestmark = pytest.mark.usefixtures("loopback_allowed")
ROWS = 1_234


@pytest.fixture
def dataset(scientist, project):
    return services.create_dataset(actor=scientist, project=project, name="Orders")


@pytest.fixture
def warehouse(admin, project, postgresql, tmp_path, monkeypatch):
    """A table of 1 234 orders in another PostgreSQL, read in pieces of 100."""
    monkeypatch.setattr(tables, "PIECE_ROWS", 100)
    stage = postgresql_stage(postgresql, tmp_path)
    stage.connection = connected(admin, project, stage, "Warehouse")
    return stage


@pytest.fixture
def bucket(admin, project, object_store, tmp_path, monkeypatch):
    """A folder of 33 files with a row each, read ten at a time."""
    monkeypatch.setattr(files, "GROUP_FILES", 10)
    stage = s3_stage(object_store, tmp_path)
    stage.connection = connected(admin, project, stage, "Bucket")
    yield stage
    object_store.hold_rights(False)


def connected(admin, project, stage, name):
    return connections.create_connection(
        actor=admin,
        name=name,
        kind=stage.kind,
        settings=stage.settings,
        secrets=stage.secrets,
        now=now(),
        project_id=project.pk,
    )


def pull(actor, dataset, stage, place, **words):
    return services.pull_version(actor=actor, dataset=dataset, connection_id=stage.connection.pk, place=place, **words)


def rows_of(version):
    return lake.for_tenant(version.tenant_id).read(selectors.table_at(version)).read_all()


def test_a_table_becomes_a_version_that_somebody_looks_at(scientist, dataset, warehouse, run_jobs):
    version = pull(scientist, dataset, warehouse, "public.orders")
    run_jobs()

    version.refresh_from_db()
    assert (version.state, version.row_count, version.failure) == (VersionState.REVIEW, ROWS, "")
    assert sorted(rows_of(version)["id"].to_pylist()) == warehouse.items
    assert [(c["name"], c["type"]) for c in version.schema][:3] == [
        ("id", "BIGINT"),
        ("name", "VARCHAR"),
        ("price", "DECIMAL(10,2)"),
    ]
    said = ledger.events_of(subject=("dataset_version", version.pk))[-1]
    assert (said.kind, said.payload["connection_id"]) == (
        "dataset_version.pull_started",
        str(warehouse.connection.pk),
    )


@pytest.mark.parametrize("form", ["delta", "iceberg"])
def test_a_table_in_a_bucket_becomes_a_version_whoever_is_killed_meanwhile(
    admin, scientist, dataset, project, object_store, tmp_path, monkeypatch, run_jobs, form
):
    monkeypatch.setattr(table_files, "GROUP_FILES", 1)
    stage = {"delta": delta_stage, "iceberg": iceberg_stage}[form](object_store, tmp_path / "scratch")
    stage.connection = connected(admin, project, stage, "Lakehouse")
    sample = services.sample_of(
        actor=scientist, project=project, connection_id=stage.connection.pk, place="orders/", options={}
    )
    assert (sample.num_rows, sample.column_names) == (50, ["id"])
    where = {"project": project, "connection_id": stage.connection.pk, "place": "orders/", "options": {}}
    masked = services.sample_of(actor=blind(scientist, "connection.view"), **where)
    assert (masked.num_rows, masked["id"].unique().to_pylist()) == (50, ["•••"])

    version = pull(scientist, dataset, stage, "orders/")
    with monkeypatch.context() as patched:
        kill_at(patched, 2, after=True)
        run_jobs()
    stage.add()
    went_on = kill_at(monkeypatch, None)
    run_jobs(also_later=True)
    version.refresh_from_db()
    assert (version.state, version.row_count, went_on) == (VersionState.REVIEW, 300, ["3"]), version.failure
    assert sorted(rows_of(version)["id"].to_pylist()) == stage.items
    object_store.hold_rights(False)


def test_files_whose_columns_differ_end_a_load_with_both_their_names(
    scientist, dataset, bucket, object_store, run_jobs
):
    object_store.hold_rights(False)
    for name, text in (("night/1.csv", "id,n\n1,2\n"), ("night/2.csv", "id,n\n2,many\n")):
        object_store.sdk.put_object(Bucket=bucket.settings["bucket"], Key=f"in/{name}", Body=text.encode())
    object_store.hold_rights()
    version = pull(scientist, dataset, bucket, "night/")
    run_jobs()
    version.refresh_from_db()
    assert (version.state, version.failure) == (
        VersionState.FAILED,
        "The column “n” is string in “in/night/2.csv” and int64 in the others. Correct the values, or read the "
        "column as text.",
    )
    assert not lake.for_tenant(version.tenant_id).exists(f"ds_{version.pk.hex}")


def test_a_folder_of_files_becomes_one_version(scientist, dataset, bucket, run_jobs):
    version = pull(scientist, dataset, bucket, "day", pattern="*.csv", review=False)
    run_jobs()

    version.refresh_from_db()
    assert (version.state, version.failure) == (VersionState.READY, "")
    assert sorted(rows_of(version)["id"].to_pylist()) == list(range(33))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("piece", [1, 2, 13])
def test_whoever_follows_a_killed_worker_goes_on_with_the_piece_that_is_missing(
    scientist, dataset, warehouse, run_jobs, monkeypatch, piece, after
):
    version = pull(scientist, dataset, warehouse, "public.orders")
    with monkeypatch.context() as patched:
        written = kill_at(patched, piece, after=after)
        run_jobs()
    version.refresh_from_db()
    assert version.state == VersionState.INGESTING
    assert written == [str(number) for number in range(1, piece + after)]

    monkeypatch.setattr(tables, "PIECE_ROWS", 7)  # the pin says where the pieces end, not the present release
    went_on = kill_at(monkeypatch, None)
    run_jobs(also_later=True)
    version.refresh_from_db()
    assert (version.state, version.row_count) == (VersionState.REVIEW, ROWS)
    assert sorted(rows_of(version)["id"].to_pylist()) == warehouse.items
    assert written + went_on == [str(number) for number in range(1, 14)]


def kill_at(monkeypatch, piece, *, after=False):
    """The marks that are written until the worker is killed at a piece."""
    written, write = [], DuckDBLake.write

    def killing(self, table, source, *, mode="create", mark="", **more):
        if mark == str(piece) and not after:
            raise ConnectionError("killed")
        at = write(self, table, source, mode=mode, mark=mark, **more)
        written.append(mark)
        if mark == str(piece):
            raise ConnectionError("killed")
        return at

    monkeypatch.setattr(DuckDBLake, "write", killing)
    return written


def test_a_password_that_is_wrong_fails_the_version_with_the_sources_sentence(
    scientist, admin, dataset, warehouse, run_jobs
):
    connection = warehouse.connection
    connections.edit_connection(
        actor=admin,
        connection=connection,
        name=connection.name,
        settings=connection.settings,
        secrets={"password": "wrong-horse"},
    )
    version = pull(scientist, dataset, warehouse, "public.orders")
    run_jobs()
    version.refresh_from_db()
    assert version.state == VersionState.FAILED
    assert "password of reader" in version.failure and "wrong-horse" not in version.failure


def test_a_table_that_is_not_there_or_empty_is_said(scientist, dataset, warehouse, run_jobs):
    missing = pull(scientist, dataset, warehouse, "public.nothing")
    warehouse.server.run("CREATE TABLE IF NOT EXISTS empty (id int)", "GRANT SELECT ON empty TO reader")
    empty = pull(scientist, dataset, warehouse, "public.empty")
    run_jobs()
    said = dict(DatasetVersion.objects.values_list("pk", "failure"))
    assert "has no table public.nothing" in said[missing.pk]
    assert "There are no rows in “public.empty”" in said[empty.pk]


def test_a_file_that_is_another_by_now_fails_the_load_and_leaves_nothing(
    scientist, dataset, bucket, run_jobs, monkeypatch
):
    version = pull(scientist, dataset, bucket, "day")

    pinned = pulling._pinned

    def changed(*given):
        pin = pinned(*given)
        bucket.change()
        return pin

    monkeypatch.setattr(pulling, "_pinned", changed)
    run_jobs()
    version.refresh_from_db()
    assert (version.state, "000.csv" in version.failure) == (VersionState.FAILED, True)
    assert not lake.for_tenant(version.tenant_id).exists(f"ds_{version.pk.hex}")


def test_no_more_read_through_a_connection_at_a_time_than_it_allows(scientist, dataset, warehouse, run_jobs):
    first, second, third = (pull(scientist, dataset, warehouse, "public.orders") for _ in range(3))
    job = jobs.visible_jobs(actor=scientist).get(arguments__version_id=str(third.pk))
    assert kept_waiting_by(job, take=False) == ""
    Job.objects.filter(arguments__version_id__in=[str(first.pk), str(second.pk)]).update(state=JobState.RUNNING)
    assert "2 ingestions read through this connection already" in kept_waiting_by(job, take=False)


def test_a_connection_that_is_being_read_through_is_not_deleted(scientist, admin, dataset, warehouse, run_jobs):
    pull(scientist, dataset, warehouse, "public.orders")
    with pytest.raises(Conflict, match="Orders"):
        connections.delete_connection(actor=admin, connection=warehouse.connection)
    run_jobs()
    connections.delete_connection(actor=admin, connection=warehouse.connection)


def test_what_is_read_in_counts_and_has_to_fit_the_quota(scientist, admin, dataset, warehouse, run_jobs, api_as):
    version = pull(scientist, dataset, warehouse, "public.orders", review=False)
    run_jobs()
    version.refresh_from_db()
    assert version.byte_count == lake.for_tenant(version.tenant_id).sizes()[version.lake_table] > 1000
    told = api_as(scientist).get(f"/api/v1/dataset-versions/{version.pk}/").json()["source"]
    assert (told["place"], "pin" in told) == ("public.orders", False)

    tenants.set_quota(actor=admin, project_id=None, storage_bytes=200)
    second = pull(scientist, dataset, warehouse, "public.orders")
    run_jobs()
    second.refresh_from_db()
    assert second.state == VersionState.FAILED
    assert "has too few bytes of storage left" in second.failure
    assert not lake.for_tenant(version.tenant_id).exists(f"ds_{second.pk.hex}")


def test_an_attempt_that_was_believed_dead_puts_no_piece_in_twice(
    scientist, dataset, warehouse, run_jobs, monkeypatch, tenant
):
    version = pull(scientist, dataset, warehouse, "public.orders")
    with monkeypatch.context() as patched:
        kill_at(patched, 1, after=True)
        run_jobs()
    tables_of_it = lake.for_tenant(tenant.pk)
    with monkeypatch.context() as patched:
        # It looked before the other one had committed its piece.
        patched.setattr(DuckDBLake, "mark_of", lambda *given: "")
        run_jobs(also_later=True, at_most=1)
    version.refresh_from_db()
    assert version.state == VersionState.INGESTING
    assert tables_of_it.count(tables_of_it.current(f"ds_{version.pk.hex}")) == 100
    run_jobs(also_later=True)
    version.refresh_from_db()
    assert sorted(rows_of(version)["id"].to_pylist()) == warehouse.items
