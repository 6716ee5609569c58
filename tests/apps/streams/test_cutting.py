"""A version cut out of a stream's table is held to what is expected, and the table stays the stream's."""

from __future__ import annotations

from apps.datasets import selectors
from apps.datasets import services as datasets
from apps.datasets.choices import VersionState
from apps.streams import services
from foundation import lake
from foundation.clock import now


def test_bad_rows_leave_the_version_and_not_the_table_that_goes_on(
    scientist, dataset, make_stream, put, drain, run_jobs
):
    rule = {"kind": "in_range", "columns": ["n"], "severity": "quarantine", "parameters": {"min": 0, "max": 10}}
    datasets.save_suite(actor=scientist, dataset=dataset, expectations=[rule])
    stream = make_stream()
    put(stream, *[{"n": n, "text": "a"} for n in (1, 2, 99)])
    stream = drain(stream)
    version = services.cut_stream(actor=scientist, stream=stream, now=now())
    run_jobs()
    version.refresh_from_db()
    tables = lake.for_tenant(stream.tenant_id)
    assert (version.state, version.row_count, version.lake_table) == (VersionState.READY, 2, f"ds_{version.pk.hex}")
    assert tables.count(tables.current(stream.table)) == 3
    assert selectors.quarantine_of(actor=scientist, version=version).row_count == 1
    # The stream goes on where it was, and reads nothing twice.
    put(stream, {"n": 3, "text": "b"})
    assert drain(stream).rows == 4
    assert tables.count(tables.current(stream.table)) == 4
