"""The inference log grows by small appends; maintenance makes few files of them, row for row."""

from __future__ import annotations

from datetime import timedelta

from apps.deployments import selectors as deployments
from apps.monitoring import services
from foundation import lake
from foundation.clock import now
from foundation.lake import keeping
from tests.apps.monitoring.stage import entry, log

HOUR = timedelta(hours=1)
APPENDS = 24


def test_many_small_appends_become_few_files_without_losing_or_doubling_a_row(revision, monitor, flowers, tenant):
    tables, table = lake.for_tenant(tenant.pk), deployments.inference_table(revision.deployment_id)
    for place in range(APPENDS):
        log(entry(revision, flowers[place : place + 2], id=f"request-{place}"))
        services.drain_once()
    before = tables.current(table)
    digest = tables.digest(before)
    assert len(tables.files_of(before)) == APPENDS

    keeping.maintain(tenant.pk, now=now())
    assert tables.digest(before) == digest  # whoever reads it now reads on
    services.drain_once()
    keeping.maintain(tenant.pk, now=now() + HOUR)

    after = tables.current(table)
    assert (tables.digest(after), tables.count(after)) == (digest, 2 * APPENDS)
    files = tables.files_of(after)
    assert len(files) == 1
    assert {file.path for file in files} == {str(path) for path in tables._place.data.rglob(f"*{table}*/*.parquet")}


def test_the_log_goes_on_where_it_stood_before_it_was_compacted(revision, monitor, flowers, tenant):
    tables, table = lake.for_tenant(tenant.pk), deployments.inference_table(revision.deployment_id)
    log(entry(revision, flowers[:2], id="before"))
    services.drain_once()
    tables.compact(table)
    keeping.maintain(tenant.pk, now=now() + HOUR)
    log(entry(revision, flowers[2:4], id="after"))
    services.drain_once()

    rows = tables.read(tables.current(table), ["request_id"]).read_all()["request_id"].to_pylist()
    assert sorted(rows) == ["after", "after", "before", "before"]
