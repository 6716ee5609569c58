"""Reports take room in the quota of storage and are metered, from when they are made."""

from __future__ import annotations

import pytest

from apps.compliance import services
from apps.compliance.choices import ReportState
from apps.compliance.models import Report
from apps.tenants import services as tenants
from apps.tenants.choices import ThingKind
from apps.tenants.models import UsageSpan
from apps.tenants.selectors import held
from foundation import storage
from foundation.errors import OverQuota


def kept(project):
    return held.stored(tenant_id=project.tenant_id, project_id=project.pk)


def test_a_report_counts_with_the_bytes_of_both_its_files(reported, project, scientist):
    before = kept(project)
    report = reported()
    size = sum(storage.size(report.tenant_id, key) for key in (report.html_key, report.pdf_key))
    span = UsageSpan.objects.get(thing_kind=ThingKind.REPORT)
    assert (span.subject_id, span.person_id, span.byte_count) == (report.pk, scientist.user.pk, size)
    assert kept(project) == before + size > before


def test_a_report_of_an_older_release_counts_from_the_next_measuring_on(reported, project):
    report, after = reported(), kept(project)
    UsageSpan.objects.filter(subject_id=report.pk).delete()
    Report.objects.update(byte_count=None)
    tenants.measure_storage()
    assert kept(project) == after


def test_without_room_none_is_begun(chain, admin, scientist, project):
    tenants.set_quota(actor=admin, project_id=project.pk, storage_bytes=kept(project))
    with pytest.raises(OverQuota, match="This project's quota allows"):
        services.request_report(actor=scientist, project=project, model_version_id=chain.version.pk)
    assert not Report.objects.exists()


def test_one_that_does_not_fit_is_not_kept_and_says_so(reported, admin, project, tenant):
    tenants.set_quota(actor=admin, project_id=project.pk, storage_bytes=kept(project) + 1)
    report = reported()
    assert (report.state, "bytes of storage" in report.failure) == (ReportState.FAILED, True)
    assert storage.list(tenant.pk, "reports/") == []
