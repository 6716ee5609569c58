"""One rule for times: without a zone they are UTC, and what was at no moment is seen by nobody."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from apps.features import selectors, services
from apps.features.choices import BuildState
from apps.features.services.trying import noted
from foundation import lake

NOWHERE = [
    "'infinity'::TIMESTAMP",
    "'-infinity'::TIMESTAMPTZ",
    "'infinity'::DATE",
    "TIMESTAMP '10000-01-01'",
    "TIMESTAMP '0044-03-15 (BC)'",
]
TOLD = b"""carrier,moment,told,delay
AA,2013-01-04 00:00:00,2013-01-04 06:00:00,4
AA,2013-01-05 00:00:00,2013-01-04 06:00:00,999
AA,2013-01-06 00:00:00,2013-01-06 06:00:00,6
"""


def rows_of(training_set):
    training_set.refresh_from_db()
    assert training_set.state == BuildState.READY, training_set.failure
    assert (training_set.leakage_proof["violations"], training_set.leakage_proof["mismatches"]) == (0, 0)
    found = lake.for_tenant(training_set.tenant_id).read(selectors.training_table(training_set)).read_all()
    return found.to_pylist()


@pytest.mark.parametrize("created", ["", "told"])
@pytest.mark.parametrize("nowhere", NOWHERE)
def test_a_row_of_no_moment_is_told_and_hides_no_other(
    define, carrier, written, flights, run_jobs, scientist, client_as, nowhere, created
):
    sql = f"SELECT carrier, CASE delay WHEN 999 THEN {nowhere} ELSE moment END AS moment, told, delay AS d FROM delays"
    words = {"entity": carrier, "name": "odd", "event_time": "moment", "created_column": created}
    inputs = {"delays": written("told.csv", TOLD).pk}
    view = services.define_view(**define._by, sql=sql, inputs=inputs, **words)
    (note,) = noted(scientist, view, inputs)
    assert note.startswith("Some rows have an event time of infinity, or outside the years 1 to 9999, in “moment”")
    run_jobs()
    view.refresh_from_db()
    assert (view.state, view.online_keys) == (BuildState.READY, 1), view.failure
    row = define.training_set(flights, "x", event_time="moment", features=[], views=[{"view": view.pk}])
    run_jobs()
    by_day = {one["moment"].day: one["d"] for one in rows_of(row) if one["carrier"] == "AA"}
    assert [by_day[day] for day in range(3, 8)] == [None, 4, 4, 6, 6]
    (found,) = services.read_online(actor=scientist, view_ids=[view.pk], entities=[{"carrier": "AA"}])
    assert found["features"]["d"] == 6
    page = client_as(scientist).get(f"/t/acme/p/flights/features/views/{view.pk}/")
    assert page.status_code == 200


ZONES = {"naive": "2013-01-05 10:00:00", "utc": "2013-01-05T10:00:00Z", "east": "2013-01-05T14:00:00+04:00"}


def test_a_time_without_a_zone_is_utc_wherever_it_comes_from(define, carrier, ingested, run_jobs, scientist, project):
    """Of views and of labels, read from the lake and online, and of a request; of a stream see `test_stream_rows`."""
    views, labels = {}, {}
    for name, moment in ZONES.items():
        rows = ingested(f"{name}.csv", f"carrier,moment,delay\nAA,{moment},5\n".encode())
        views[name] = define.view(
            carrier, f"of_{name}", "SELECT carrier, moment, delay FROM d", event_time="moment", d=rows
        )
        # One second before nothing is known, and one later it is.
        near = [(datetime.fromisoformat(moment) + timedelta(seconds=by)).isoformat() for by in (-1, 1)]
        lines = "".join(f"AA,{at},1\n" for at in near)
        labels[name] = ingested(f"labels_{name}.csv", f"carrier,moment,late\n{lines}".encode())
    run_jobs()
    for view in views.values():
        view.refresh_from_db()
        (found,) = services.read_online(actor=scientist, view_ids=[view.pk], entities=[{"carrier": "AA"}])
        assert found["event_times"] == {str(view): "2013-01-05T10:00:00+00:00"}
        for base in labels.values():
            row = define.training_set(
                base, f"ts_{view.name}", event_time="moment", features=[], views=[{"view": view.pk}]
            )
            run_jobs()
            assert [one["delay"] for one in sorted(rows_of(row), key=lambda one: one["moment"])] == [None, 5]
    asked = {"features": [{"name": "at", "expression": "hour(booked)"}], "request": {"booked": "moment"}}
    rows = [{"booked": moment} for moment in ZONES.values()]
    assert services.try_definition(actor=scientist, project=project, rows=rows, **asked) == [{"at": 10.0}] * 3
