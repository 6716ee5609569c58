"""Tables of views and training sets that failed or were cancelled go; those that are read stay."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa

from apps.features import selectors
from apps.features.choices import BuildState
from apps.features.models import FeatureView
from foundation import lake
from foundation.clock import now
from foundation.errors import Conflict
from foundation.lake import keeping

HOUR = timedelta(hours=1)


def test_what_a_failed_computation_had_written_is_dropped(queued_view, run_jobs, monkeypatch):
    from apps.features.services import computing

    def refused(tables, at, view):
        raise Conflict("not this")

    monkeypatch.setattr(computing, "_checked_count", refused)
    run_jobs()
    queued_view.refresh_from_db()
    assert queued_view.state == BuildState.FAILED
    assert not lake.for_tenant(queued_view.tenant_id).exists(f"fv_{queued_view.pk.hex}")


def test_what_a_dead_worker_wrote_after_the_end_is_dropped_by_maintenance(queued_view, tenant):
    tables, table = lake.for_tenant(tenant.pk), f"fv_{queued_view.pk.hex}"
    tables.write(table, pa.table({"n": [1]}))
    keeping.maintain(tenant.pk, now=now() + HOUR)
    assert tables.exists(table)

    FeatureView.objects.filter(pk=queued_view.pk).update(state=BuildState.FAILED)
    keeping.maintain(tenant.pk, now=now() + HOUR)
    assert not tables.exists(table)
    assert not list(tables._place.data.rglob(f"*{table}*/*.parquet"))


def test_a_ready_view_reads_as_before(view, tenant):
    keeping.maintain(tenant.pk, now=now() + HOUR)
    assert lake.for_tenant(tenant.pk).digest(selectors.view_table(view)) == view.digest
