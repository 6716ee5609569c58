"""Putting a view online takes no more memory for more rows: what it holds at once is a part of them."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from apps.features import services
from apps.features.models import Entity, FeatureView, Materialisation
from apps.features.services.online import drop_values, online_store, online_view
from foundation import lake
from tests.foundation.lake.test_memory import highest_mb

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("as_many_threads_as_in_use"),
]
# Of these values none is alike, and together they are more than may be held of them.
KEYS, VALUE_BYTES = 160_000, 1_600
ENGINE_MB, ON_TOP_MB = 128, 96


@pytest.fixture
def large(tenant, project, settings):
    """A view that is ready, whose rows lie in the lake."""
    inside = {"tenant": tenant, "project": project}
    entity = Entity.objects.create(**inside, name="person", join_keys=["person"])
    features = [{"name": "note", "type": "VARCHAR"}]
    row = {"name": "notes", "number": 1, "event_time": "seen", "marked": False, "state": "ready"}
    view = FeatureView.objects.create(**inside, **row, entity=entity, features=features)
    tables, pieces = lake.for_tenant(tenant.pk), 40
    for piece in range(pieces):
        people = range(piece * KEYS // pieces, (piece + 1) * KEYS // pieces)
        seen = pa.array([datetime(2020, 1, 1)] * len(people), pa.timestamp("us"))
        notes = [os.urandom(VALUE_BYTES // 2).hex() for _person in people]
        table = pa.table({"person": list(people), "seen": seen, "note": notes})
        at = tables.write(f"fv_{view.pk.hex}", table, mode="append" if piece else "create")
    FeatureView.objects.filter(pk=view.pk).update(lake_table=at.table, lake_snapshot=at.snapshot, row_count=KEYS)
    view.refresh_from_db()
    settings.LAKE_MEMORY_MB = ENGINE_MB
    yield view
    drop_values(view.pk)


def test_more_values_than_memory_are_put_online(large, scientist, run_jobs):
    row = services.request_materialisation(actor=scientist, view_id=large.pk)
    Path("/proc/self/clear_refs").write_text("5")  # the highest so far is forgotten
    before = highest_mb()
    run_jobs()
    grown = highest_mb() - before
    row = Materialisation.objects.get(pk=row.pk)
    assert (row.state, row.keys_written) == ("done", KEYS), row.failure
    assert grown < ENGINE_MB + ON_TOP_MB < KEYS * VALUE_BYTES >> 20
    names = online_view(large).names.of([{"person": KEYS - 1}])
    assert online_store().read(names) != [None]
