"""Archives take room in the tenant's quota of storage and are metered, of no project, for as long as they lie."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.tenants import services
from apps.tenants.choices import ThingKind, UsageBy, UsageKind
from apps.tenants.models import TenantExport, UsageHour, UsageSpan
from apps.tenants.selectors import chargeback, held, usage
from apps.tenants.services import exporting
from foundation import storage
from foundation.clock import database_now, now
from foundation.errors import Conflict, OverQuota
from tests.support.history import acts_on, done_by

PAGE = "/t/acme/settings/leave/"


@pytest.fixture
def archived(admin, project, run_jobs):
    """An archive that lies ready."""

    def make():
        services.ask_for_export(actor=admin)
        run_jobs()
        return TenantExport.objects.order_by("-asked_at").first()

    return make


def kept(tenant):
    return held.stored(tenant_id=tenant.pk)


def test_an_archive_counts_for_the_tenant_and_for_no_project(archived, admin, project, tenant):
    before = kept(tenant)
    export = archived()
    assert kept(tenant) == before + export.byte_count > before
    assert held.stored(tenant_id=tenant.pk, project_id=project.pk) == before


def test_an_archive_whose_days_are_over_counts_no_longer(archived, tenant):
    before = kept(tenant)
    archived()
    TenantExport.objects.update(expires_at=now() - timedelta(seconds=1))
    services.forget_exports()
    assert kept(tenant) == before
    services.measure_storage()
    assert kept(tenant) == before


def test_an_archive_that_an_erasure_takes_away_counts_no_longer_and_its_page_says_why(
    archived, admin, tenant, client_as
):
    before = kept(tenant)
    export = archived()
    assert services.forget_archives(actor=admin) == 1
    assert kept(tenant) == before
    shown = client_as(admin).get(PAGE).content.decode()
    assert "Destroyed with a person or project that it held" in shown
    fetch = f"{PAGE}exports/{export.pk}/"
    assert fetch not in shown
    assert acts_on("tenant_export", export)[-1] == done_by(admin, "tenant.export_erased")
    with pytest.raises(Conflict, match="not there"):
        services.fetch_export(actor=admin, export=TenantExport.objects.get())
    TenantExport.objects.update(expires_at=now() - timedelta(seconds=1))
    services.forget_exports()
    assert not TenantExport.objects.exists()


def test_an_archive_of_an_older_release_counts_from_the_next_measuring_on(archived, tenant):
    export, after = archived(), kept(tenant)
    UsageSpan.objects.filter(thing_kind=ThingKind.ARCHIVE).delete()
    services.measure_storage()
    assert kept(tenant) == after
    assert UsageSpan.objects.get(thing_kind=ThingKind.ARCHIVE).subject_id == export.pk


def test_what_an_archive_costs_is_a_line_of_its_own_for_whoever_sees_the_whole(archived, admin, scientist, tenant):
    archived()
    UsageSpan.objects.update(metered_until=database_now() - timedelta(hours=3))
    services.meter_everything()
    hours = UsageHour.objects.filter(kind=UsageKind.STORAGE, thing_kind=ThingKind.ARCHIVE)
    assert set(hours.values_list("project_id", "person_id")) == {(None, admin.user.pk)}

    wanted = usage.Wanted(usage.Month.of(database_now()))
    (line,) = (line for line in usage.lines(actor=admin, wanted=wanted, by=UsageBy.PROJECT) if line.key is None)
    assert (line.name, line.storage_byte_hours > 0) == ("No project", True)
    (bill,) = (one for one in chargeback.chargeback(actor=admin, wanted=wanted).bills if one.project_id is None)
    assert (bill.name, [charge.item for charge in bill.charges]) == ("No project", ["storage"])
    assert b"No project" in chargeback.chargeback_csv(chargeback.chargeback(actor=admin, wanted=wanted))


def test_without_room_none_is_begun_and_the_page_says_where_to_raise_it(admin, project, client_as):
    services.set_quota(actor=admin, project_id=None, storage_bytes=0)
    answer = client_as(admin).post(f"{PAGE}exports/")
    assert answer.status_code == 429
    assert "allows 0 bytes of storage" in answer.content.decode()
    assert not TenantExport.objects.exists()


def test_one_that_turns_out_too_large_is_not_kept_and_says_so(archived, admin, tenant):
    services.set_quota(actor=admin, project_id=None, storage_bytes=kept(tenant) + 1)
    export = archived()
    assert (export.state, "bytes of storage" in export.failure) == ("failed", True)
    assert storage.list(tenant.pk, "exports/") == []
    assert kept(tenant) <= 1


def test_one_whose_room_was_taken_while_it_was_sealed_leaves_no_object(archived, admin, tenant, monkeypatch):
    put = exporting.storage.put

    def another_comes_first(tenant_id, *words):
        stored = put(tenant_id, *words)
        services.set_quota(actor=admin, project_id=None, storage_bytes=0)
        return stored

    monkeypatch.setattr(exporting.storage, "put", another_comes_first)
    assert archived().state == "failed"
    assert storage.list(tenant.pk, "exports/") == []


def test_only_the_tenants_quota_is_asked_for_what_is_of_no_project(admin, project, tenant):
    services.set_quota(actor=admin, project_id=project.pk, storage_bytes=0)
    services.check_storage(tenant_id=tenant.pk, project_id=None, more=10**9)
    with pytest.raises(OverQuota):
        services.check_storage(tenant_id=tenant.pk, project_id=project.pk, more=1)
