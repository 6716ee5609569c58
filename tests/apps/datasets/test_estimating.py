"""Before a start: what it will probably take, by what was measured; nothing is invented."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.datasets import services
from apps.datasets.models import DatasetVersion, Ingestion, Upload
from apps.tenants.models import Price, Quota
from foundation.clock import now
from foundation.jobs.models import Job

GIB = 2**30


@pytest.fixture
def dataset(scientist, project):
    return services.create_dataset(actor=scientist, project=project, name="Orders")


@pytest.fixture
def made(scientist, project):
    """A version as its job left it: so many seconds, rows and bytes, of a file of `size` bytes."""

    def make(dataset, *, seconds, rows, size, name="datasets.ingest", attempt=1, **words):
        inside = {"tenant": project.tenant, "project": project}
        source = {"kind": "upload", "mode": "full"}
        if name == "datasets.ingest":
            upload = Upload.objects.create(
                **inside, filename="a.csv", size=size, created_by=scientist.user, used_at=now()
            )
            source["upload"] = str(upload.pk)
        version = DatasetVersion.objects.create(
            **inside, dataset=dataset, state="ready", row_count=rows, byte_count=size, source=source, **words
        )
        Job.objects.create(
            tenant=project.tenant,
            project_id=project.pk,
            name=name,
            queue="default",
            title="Reading",
            subject_kind="dataset_version",
            subject_id=version.pk,
            actor_kind="user",
            actor_id=scientist.user.pk,
            actor_label="somebody",
            state="succeeded",
            attempt=attempt,
            max_attempts=3,
            started_at=now() - timedelta(seconds=seconds),
            finished_at=now(),
        )
        return version

    return make


def upload_of(actor, dataset, size, project_id):
    return services.expect_upload(actor=actor, project_id=project_id, dataset=dataset, size=size)


def test_a_file_is_told_by_the_bytes_of_the_datasets_own(scientist, project, dataset, made):
    made(dataset, seconds=10, rows=1000, size=1_000_000)
    made(dataset, seconds=30, rows=3000, size=3_000_000)
    made(dataset, seconds=900, rows=1, size=10, attempt=2)  # tried twice: it says nothing of the time
    found = upload_of(scientist, dataset, 2_000_000, project.pk)
    assert (found.like, found.rests_on, found.row_count, found.byte_count) == ("dataset", 2, 2000, 2_000_000)
    assert abs(found.time - timedelta(seconds=20)) < timedelta(seconds=1)


def test_of_other_files_of_the_project_the_time_alone_is_told(scientist, project, dataset, made):
    other = services.create_dataset(actor=scientist, project=project, name="Other")
    made(other, seconds=10, rows=1000, size=1_000_000)
    found = upload_of(scientist, dataset, 3_000_000, project.pk)
    assert (found.like, found.rests_on, found.row_count) == ("project", 1, None)
    assert abs(found.time - timedelta(seconds=30)) < timedelta(seconds=1)
    # A small file takes no part of what beginning takes.
    assert abs(upload_of(scientist, dataset, 10, project.pk).time - timedelta(seconds=10)) < timedelta(seconds=1)


def test_where_nothing_was_measured_nothing_is_said(scientist, project, dataset):
    found = upload_of(scientist, dataset, 500_000, project.pk)
    assert (found.rests_on, found.time, found.row_count) == (0, None, None)


def test_what_grew_is_no_measure_of_the_rows_of_a_file(scientist, project, dataset, made):
    version = made(dataset, seconds=10, rows=9_000_000, size=1_000)
    DatasetVersion.objects.filter(pk=version.pk).update(source={**version.source, "mode": "append"})
    assert upload_of(scientist, dataset, 1_000, project.pk).row_count is None


def test_an_ingestion_is_told_by_its_own_runs_with_quota_and_price(
    admin, scientist, project, dataset, made, connection, client_as, api_as
):
    ingestion = Ingestion.objects.create(
        tenant=project.tenant, project=project, dataset=dataset, connection=connection, place="a", actor_kind="user"
    )
    browser, here = client_as(scientist), f"/t/acme/p/flights/data/ingestions/{ingestion.pk}/"
    assert "no run yet to tell by" in browser.get(here).content.decode()
    for seconds, rows in ((60, 100), (100, 300), (80, 200)):
        made(dataset, seconds=seconds, rows=rows, size=GIB, name="datasets.pull", ingestion=ingestion)
    Quota.objects.create(tenant=project.tenant, project_id=project.pk, storage_bytes=4 * GIB)
    Price.objects.create(tenant=project.tenant, item="storage", amount=2, valid_from=now() - timedelta(days=1))
    found = services.expect_ingestion(actor=scientist, ingestion=ingestion)
    assert (found.like, found.rests_on, found.row_count, found.byte_count) == ("itself", 3, 200, GIB)
    assert abs(found.time - timedelta(seconds=80)) < timedelta(seconds=1)
    assert found.keeping.of_project and found.keeping.storage.most == 4 * GIB and found.keeping.monthly == 2
    shown = " ".join(browser.get(here).content.decode().split())
    assert "by 3 earlier runs of it" in shown and "left to this project" in shown and "a month for its storage" in shown
    # Who reads the same place by hand is told by the same runs.
    DatasetVersion.objects.update(source={"kind": "connection", "connection": str(connection.pk), "place": "a"})
    page = f"/t/acme/p/flights/data/pull/?connection={connection.pk}&place="
    assert "by 3 earlier runs of it" in browser.get(f"{page}a").content.decode()
    assert "no run yet to tell by" in browser.get(f"{page}b").content.decode()
    rest = api_as(scientist).get(f"/api/v1/ingestions/{ingestion.pk}/estimate/").json()
    assert (rest["rests_on"], rest["row_count"], rest["keeping"]["of_project"]) == (3, 200, True)


def test_the_fragment_and_rest_say_what_a_file_will_take(scientist, viewer, project, dataset, made, client_as, api_as):
    made(dataset, seconds=10, rows=1000, size=1_000_000)
    page = "/t/acme/p/flights/data/new/expected/"
    shown = client_as(scientist).get(page, {"dataset": dataset.pk, "size": 2_000_000}).content.decode()
    assert "by the bytes of one earlier file of this dataset" in shown and "about 2,000" in shown
    assert client_as(scientist).get(page).status_code == 422
    asked = {"project": "flights", "size": 2_000_000, "dataset": str(dataset.pk)}
    found = api_as(scientist).get("/api/v1/uploads/estimate/", asked).json()
    assert (found["like"], found["row_count"], round(found["expected_seconds"])) == ("dataset", 2000, 20)
    assert api_as(viewer).get("/api/v1/uploads/estimate/", asked).status_code == 403


@pytest.fixture
def connection(project):
    from apps.connections.models import Connection

    return Connection.objects.create(
        tenant=project.tenant, name="Warehouse", kind="postgresql", settings={}, created_at=now()
    )


def test_sql_by_hand_is_told_by_the_same_sql_alone(scientist, project, dataset, made):
    version = made(dataset, seconds=12, rows=40, size=400, name="datasets.derive")
    version.source = {"kind": "sql", "mode": "full", "sql": "SELECT 1 AS a"}
    version.save(update_fields=["source"])
    asked = {"actor": scientist, "project_id": project.pk}
    found = services.expect_derivation(**asked, sql="SELECT 1 AS a")
    assert (found.rests_on, found.row_count, found.byte_count) == (1, 40, 400)
    assert abs(found.time - timedelta(seconds=12)) < timedelta(seconds=1)
    other = services.expect_derivation(**asked, sql="SELECT 2 AS a")
    assert (other.rests_on, other.time, other.row_count) == (0, None, None)
