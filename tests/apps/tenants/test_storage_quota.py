"""The quota of storage: bytes on their way in count from their announcement on, and what is full is refused."""

from __future__ import annotations

import hashlib
import threading
from io import BytesIO
from uuid import uuid4

import pytest
from django.db import connection, connections

from apps.tenants import services
from apps.tenants.choices import ThingKind
from foundation.clock import database_now, now
from foundation.errors import OverQuota
from foundation.tenancy import scope
from tests.support.people import make_person, make_tenant


def test_storage_is_refused_with_figures(admin, project, tenant):
    services.set_quota(actor=admin, project_id=None, storage_bytes=1000)
    version = services.Metered(
        tenant_id=tenant.pk,
        project_id=project.pk,
        person_id=None,
        kind=ThingKind.DATASET,
        thing_id=uuid4(),
        subject_id=uuid4(),
        byte_count=700,
    )
    services.begin_usage(version, at=database_now())
    services.check_storage(tenant_id=tenant.pk, project_id=project.pk, more=300)
    with pytest.raises(OverQuota, match="allows 1000 bytes of storage; 700 are in use, and this brings 301 more"):
        services.check_storage(tenant_id=tenant.pk, project_id=project.pk, more=301, reader=admin)


def test_an_upload_that_would_not_fit_is_refused_before_its_first_byte(admin, scientist, project):
    from apps.datasets.services import start_upload

    services.set_quota(actor=admin, project_id=project.pk, storage_bytes=100)
    with pytest.raises(OverQuota, match="storage"):
        start_upload(actor=scientist, project=project, filename="a.csv", size=101)


def test_files_that_are_announced_count_until_they_are_cancelled(admin, scientist, project):
    from apps.datasets.services import cancel_upload, start_upload

    services.set_quota(actor=admin, project_id=None, storage_bytes=1000)
    first = start_upload(actor=scientist, project=project, filename="a.csv", size=900)
    with pytest.raises(OverQuota, match="900 are in use, and this brings 101 more"):
        start_upload(actor=scientist, project=project, filename="b.csv", size=101)
    cancel_upload(actor=scientist, upload_id=first.pk)
    start_upload(actor=scientist, project=project, filename="b.csv", size=101)


def test_a_file_that_became_a_version_counts_while_it_is_read(admin, scientist, project):
    from apps.datasets.services import create_dataset, create_version, start_upload, take_file

    services.set_quota(actor=admin, project_id=None, storage_bytes=1000)
    dataset = create_dataset(actor=scientist, project=project, name="Delays", description="")
    file = take_file(actor=scientist, project=project, file=BytesIO(b"a" * 900), filename="a.csv", size=900, now=now())
    create_version(actor=scientist, dataset=dataset, upload=file, now=now())
    with pytest.raises(OverQuota, match="900 are in use"):
        start_upload(actor=scientist, project=project, filename="b.csv", size=101)


def holds_storage(tenant_id):
    """Whether this transaction keeps every other file of the tenant waiting."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            " AND (classid::bigint << 32) | objid::bigint = hashtextextended(%s, 0)",
            [f"quota storage {tenant_id}"],
        )
        return bool(cursor.fetchone()[0])


def test_a_file_of_a_plain_form_holds_nobody_up_while_it_is_stored(scientist, project, monkeypatch):
    from apps.datasets.services import take_file, uploads

    monkeypatch.setattr(uploads, "CHUNK_BYTES", 400)
    put, held = uploads.storage.put, []

    def slow(tenant_id, *words):
        held.append(holds_storage(tenant_id))
        return put(tenant_id, *words)

    monkeypatch.setattr(uploads.storage, "put", slow)
    file = take_file(actor=scientist, project=project, file=BytesIO(b"a" * 900), filename="a.csv", size=900, now=now())
    assert (held, holds_storage(project.tenant_id)) == ([False] * 3, True)
    assert b"".join(uploads.read_chunks(file)) == b"a" * 900
    assert file.sha256 == hashlib.sha256(b"a" * 900).hexdigest()


def test_a_file_of_a_plain_form_that_no_longer_fits_when_it_is_stored_leaves_nothing(
    admin, scientist, project, monkeypatch
):
    from apps.datasets.services import take_file, uploads

    services.set_quota(actor=admin, project_id=None, storage_bytes=1000)
    put = uploads.storage.put

    def another_comes_first(tenant_id, *words):
        uploads.start_upload(actor=scientist, project=project, filename="b.csv", size=200)
        return put(tenant_id, *words)

    monkeypatch.setattr(uploads.storage, "put", another_comes_first)
    with pytest.raises(OverQuota, match="200 are in use, and this brings 900 more"):
        take_file(actor=scientist, project=project, file=BytesIO(b"a" * 900), filename="a.csv", size=900, now=now())
    assert list(uploads.storage.list(project.tenant_id, "uploads/")) == []


def test_a_file_is_asked_for_once_more_when_it_is_complete(admin, scientist, project):
    from apps.datasets.services import append_chunk, complete_upload, start_upload

    services.set_quota(actor=admin, project_id=None, storage_bytes=1000)
    file = start_upload(actor=scientist, project=project, filename="a.csv", size=600)
    append_chunk(actor=scientist, upload_id=file.pk, offset=0, data=b"a" * 600)
    services.set_quota(actor=admin, project_id=None, storage_bytes=599)
    with pytest.raises(OverQuota, match="allows 599 bytes of storage; 0 are in use, and this brings 600 more"):
        complete_upload(actor=scientist, upload_id=file.pk, now=now())
    services.set_quota(actor=admin, project_id=None, storage_bytes=600)
    assert complete_upload(actor=scientist, upload_id=file.pk, now=now()).completed_at


@pytest.mark.django_db(transaction=True)
def test_of_many_files_that_are_announced_at_once_as_many_come_in_as_fit():
    from apps.datasets.services import start_upload
    from apps.projects.services import create_project

    tenant = make_tenant("crowd", "Crowd")
    admin = make_person(tenant, "admin")
    with scope(tenant.pk):
        project = create_project(actor=admin, slug="one", name="One", purpose="Announce at once")
        services.set_quota(actor=admin, project_id=None, storage_bytes=1000)
    begin, answers = threading.Barrier(8), []

    def announce(number):
        try:
            begin.wait()
            with scope(tenant.pk):
                start_upload(actor=admin, project=project, filename=f"{number}.csv", size=400)
            answers.append("in")
        except OverQuota:
            answers.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=announce, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["in"] * 2 + ["refused"] * 6
