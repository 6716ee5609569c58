"""What is discarded, cancelled or has failed leaves the disk; what is in use stays as it is, to the last bit."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa

from apps.datasets import selectors, services
from apps.datasets.choices import VersionState
from apps.datasets.models import DatasetVersion, Upload
from apps.datasets.services import completing, ingestion
from foundation import lake, storage
from foundation.clock import now
from foundation.jobs import JobTaken
from foundation.lake import keeping

CSV = b"id,region,amount\n1,north,2.5\n2,south,\n3,east,4.0\n"
HOUR, THREE_DAYS = timedelta(hours=1), timedelta(days=3)


def on_disk(tenant):
    return {str(path) for path in lake.for_tenant(tenant.pk)._place.data.rglob("*.parquet")}


def files_of(*versions):
    tables = lake.for_tenant(versions[0].tenant_id)
    return {file.path for version in versions for file in tables.files_of(selectors.table_at(version))}


def digest_of(version):
    return lake.for_tenant(version.tenant_id).digest(selectors.table_at(version))


def stored(upload):
    return storage.list(upload.tenant_id, f"uploads/{upload.pk.hex}/")


def upload_of(version):
    return Upload.objects.get(pk=version.source["upload"])


def test_a_discarded_versions_rows_leave_the_disk_and_no_ready_version_changes(
    ingested, scientist, tenant, django_capture_on_commit_callbacks
):
    before = ingested("before.csv", CSV)
    unwanted = ingested("unwanted.csv", CSV + b"4,west,1.0\n", review=True)
    # Taken later: its snapshot saw the files of the one that is discarded now.
    after = ingested("after.csv", CSV + b"5,west,1.0\n")
    gone = files_of(unwanted)
    with django_capture_on_commit_callbacks(execute=True):
        services.discard_version(actor=scientist, version=unwanted)

    keeping.maintain(tenant.pk, now=now() + HOUR)

    assert gone
    assert not gone & on_disk(tenant)
    assert on_disk(tenant) == files_of(before, after)
    assert [digest_of(before), digest_of(after)] == [before.digest, after.digest]


def test_a_table_that_outlived_its_version_is_dropped(ingested, tenant):
    ready, discarded = ingested("ready.csv", CSV), ingested("late.csv", CSV, review=True)
    DatasetVersion.objects.filter(pk=discarded.pk).update(state=VersionState.DISCARDED)

    keeping.maintain(tenant.pk, now=now() + HOUR)

    assert on_disk(tenant) == files_of(ready)


def test_a_version_that_is_just_being_made_keeps_its_table(ingested, tenant):
    version = ingested("people.csv", CSV)
    DatasetVersion.objects.filter(pk=version.pk).update(state=VersionState.INGESTING, lake_snapshot=None)
    tables, later = lake.for_tenant(tenant.pk), pa.table({"n": [1]})
    tables.write("of_nobody", later)

    keeping.maintain(tenant.pk, now=now() + HOUR)

    assert tables.digest(selectors.table_at(version)) == version.digest
    assert tables.exists("of_nobody")


def test_a_worker_that_lost_the_job_leaves_the_table_to_the_one_that_has_it(ingested, monkeypatch):
    """Dropping it would take the rows away that the other worker has just written."""

    def taken(tables, at, job):
        raise JobTaken

    monkeypatch.setattr(completing, "inspect", taken)
    version = ingested("people.csv", CSV)
    assert version.state == VersionState.INGESTING
    assert lake.for_tenant(version.tenant_id).exists(f"ds_{version.pk.hex}")


def test_the_files_bytes_go_once_the_rows_are_in(ingested):
    assert stored(upload_of(ingested("people.csv", CSV))) == []


def test_they_go_too_when_the_worker_was_killed_in_between(ingested, monkeypatch, run_jobs):
    version = ingested_and_killed(ingested, monkeypatch)
    assert (version.state, len(stored(upload_of(version)))) == (VersionState.READY, 2), "a chunk, and its digest"
    run_jobs(also_later=True)
    assert stored(upload_of(version)) == []


def test_bytes_that_nothing_asks_for_are_swept(ingested, uploaded, monkeypatch, tenant):
    left = upload_of(ingested_and_killed(ingested, monkeypatch))
    waiting = uploaded("waiting.csv", CSV)
    storage.put(tenant.pk, "uploads/00000000000000000000000000000001/000000000000000", b"of a request rolled back")

    services.forget_abandoned_uploads(now=now() + timedelta(days=1))
    assert len(storage.list(tenant.pk, "uploads/")) == 5

    Upload.objects.filter(pk=waiting.pk).update(created_at=now() + THREE_DAYS)
    services.forget_abandoned_uploads(now=now() + THREE_DAYS)
    assert storage.list(tenant.pk, "uploads/") == stored(waiting)
    assert stored(left) == []


def test_the_file_of_a_version_that_is_being_read_in_stays(scientist, project, uploaded, tenant):
    upload = uploaded("people.csv", CSV)
    dataset = services.create_dataset(actor=scientist, project=project, name="people")
    services.create_version(actor=scientist, dataset=dataset, upload=upload, now=now())

    services.forget_abandoned_uploads(now=now() + THREE_DAYS)

    assert len(stored(upload)) == 2


def test_a_cancelled_upload_leaves_no_bytes(scientist, uploaded, tenant, django_capture_on_commit_callbacks):
    upload = uploaded("people.csv", CSV)
    with django_capture_on_commit_callbacks(execute=True):
        services.cancel_upload(actor=scientist, upload_id=upload.pk)
    assert storage.list(tenant.pk, "uploads/") == []


def ingested_and_killed(ingested, monkeypatch):
    """A version whose worker died after the rows were in and before it had cleared up."""

    def killed(tenant_id, upload_id):
        raise ConnectionError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(ingestion, "drop_chunks", killed)
        return ingested("people.csv", CSV)
