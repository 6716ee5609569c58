"""A windows view that is removed takes its events along: they are the values that somebody gave, as they came."""

from __future__ import annotations

import pytest

from apps.features import services
from apps.features.choices import BuildState
from foundation import lake

AGGREGATION = {"name": "seen", "function": "count", "column": "", "seconds": 300}
EVENT = {"who": "a", "at": 0, "known": 0, "x": 1.0, "i": 1, "w": "b"}


@pytest.mark.django_db(transaction=True)
def test_removing_a_windows_view_destroys_its_events(events_stream, define_windows, admin, run_jobs):
    view = define_windows([AGGREGATION], stream_id=events_stream(EVENT).pk)
    tables = lake.for_tenant(view.tenant_id)
    assert f"we_{view.pk.hex}" in tables.tables()
    services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view))
    run_jobs()
    view.refresh_from_db()
    assert view.state == BuildState.DESTROYED
    assert not [table for table in tables.tables() if view.pk.hex in table]
