"""Logged predictions take room in the quota of storage and are metered; none is refused or left out for it."""

from __future__ import annotations

import pytest

from apps.deployments import selectors as deployments
from apps.monitoring import services
from apps.tenants import services as tenants
from apps.tenants.choices import ThingKind, UsageKind
from apps.tenants.models import UsageHour, UsageSpan
from apps.tenants.selectors import held
from foundation import lake
from foundation.errors import OverQuota
from tests.apps.monitoring.stage import entry, log, log_on_disk, waiting


def span_of(revision):
    return UsageSpan.objects.get(subject_id=revision.deployment_id, ended_at=None)


def kept(revision):
    return held.stored(tenant_id=revision.tenant_id, project_id=revision.project_id)


def test_a_log_counts_as_it_grows_and_belongs_to_its_deployment(revision, monitor, flowers, scientist):
    before = kept(revision)
    log(entry(revision, flowers[:3]))
    services.drain_once()
    first = span_of(revision)
    assert first.byte_count == log_on_disk(revision) > 0
    assert kept(revision) == before + first.byte_count

    log(entry(revision, flowers[3:9]))
    services.drain_once()
    assert span_of(revision).byte_count == log_on_disk(revision) > first.byte_count
    rows = UsageHour.objects.filter(kind=UsageKind.STORAGE, thing_kind=ThingKind.DEPLOYMENT)
    model_id = revision.model_version.model_id
    assert set(rows.values_list("project_id", "person_id", "thing_id", "model_id")) == {
        (revision.project_id, scientist.user.pk, revision.deployment_id, model_id)
    }


def test_with_a_full_quota_every_prediction_is_logged_and_only_new_work_is_refused(
    revision, monitor, flowers, admin, tenant
):
    tenants.set_quota(actor=admin, project_id=None, storage_bytes=0)
    log(entry(revision, flowers[:3]), entry(revision, flowers[3:5]))
    assert services.drain_once().lines == 2
    tables, table = lake.for_tenant(tenant.pk), deployments.inference_table(revision.deployment_id)
    assert (tables.count(tables.current(table)), waiting(tenant)) == (5, 0)
    assert span_of(revision).byte_count > 0
    with pytest.raises(OverQuota):
        tenants.check_storage(tenant_id=tenant.pk, project_id=revision.project_id, more=1)


def test_merged_files_count_as_large_as_they_are_with_the_next_measuring(revision, monitor, flowers, tenant):
    for number in range(6):
        log(entry(revision, flowers[number : number + 1]))
        services.drain_once()
    grown = span_of(revision).byte_count
    lake.for_tenant(tenant.pk).compact(deployments.inference_table(revision.deployment_id))
    tenants.measure_storage()
    assert span_of(revision).byte_count == log_on_disk(revision) < grown


def test_what_was_measured_before_a_log_grew_does_not_undo_what_it_counts(revision, monitor, flowers, tenant):
    log(entry(revision, flowers[:3]))
    services.drain_once()
    (stale,) = services.logs_measured(tenant)
    moment = span_of(revision).started_at
    log(entry(revision, flowers[3:9]))
    services.drain_once()
    tenants.keep_measured(stale, at=moment, unless_later=True)
    assert span_of(revision).byte_count == log_on_disk(revision) > stale.byte_count
