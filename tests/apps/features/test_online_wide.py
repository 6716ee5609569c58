"""Values of any length go online in pieces that have a ceiling in bytes: of all keys, of what came, and of a step."""

from __future__ import annotations

import os
from datetime import datetime

import pyarrow as pa
import pytest

from apps.features import services
from apps.features.adapters import valkey
from apps.features.adapters.valkey import ValkeyOnlineStore
from apps.features.models import Entity, FeatureView, Materialisation
from apps.features.services.online import (
    drop_values,
    number_online,
    online_store,
    online_view,
    parting,
    write_keys,
)
from foundation import clock, lake

pytestmark = pytest.mark.django_db(transaction=True)
# Each value is packed to next to nothing in the lake, where its size tells nothing of what it is on its way.
KEYS, VALUE_BYTES, ENGINE_MB = 600, 200_000, 128
# What sealing adds to a value, and one of them more.
CEILING = parting.PIECE_BYTES + VALUE_BYTES + KEYS * 100


def rows_of(people, mode, view):
    seen = pa.array([datetime(2020, 1, 1)] * len(people), pa.timestamp("us"))
    notes = [os.urandom(50).hex() * (VALUE_BYTES // 100) for _person in people]
    table = pa.table({"person": list(people), "seen": seen, "note": notes})
    at = lake.for_tenant(view.tenant_id).write(f"fv_{view.pk.hex}", table, mode=mode)
    FeatureView.objects.filter(pk=view.pk).update(lake_table=at.table, lake_snapshot=at.snapshot, row_count=len(people))
    view.refresh_from_db()


@pytest.fixture
def wide(tenant, project, settings):
    """A view that is ready, whose values together are as much as its engine has memory."""
    settings.LAKE_MEMORY_MB = ENGINE_MB
    inside = {"tenant": tenant, "project": project}
    entity = Entity.objects.create(**inside, name="person", join_keys=["person"])
    features = [{"name": "note", "type": "VARCHAR"}]
    row = {"name": "notes", "number": 1, "event_time": "seen", "marked": False, "state": "ready"}
    view = FeatureView.objects.create(**inside, **row, entity=entity, features=features)
    rows_of(range(KEYS), "create", view)
    yield view
    drop_values(view.pk)


@pytest.fixture
def written(monkeypatch):
    """Bytes of what was sealed and written at once, and of each command of it, as they go to the store."""
    pieces, commands = [], []

    def noting(write, noted):
        def writing(self, pairs, *words, **fence):
            noted.append(sum(len(value) for _key, value in pairs))
            return write(self, pairs, *words, **fence)

        return writing

    for name, noted in (("write_as", pieces), ("_write_at_once", commands)):
        monkeypatch.setattr(ValkeyOnlineStore, name, noting(getattr(ValkeyOnlineStore, name), noted))
    return pieces, commands


def held(written, keys):
    """Whether all was written, in pieces and commands below their ceilings."""
    pieces, commands = written
    total = keys * VALUE_BYTES
    assert total <= sum(pieces) == sum(commands), "all of them went out"
    assert max(pieces) <= CEILING < total
    assert max(commands) <= valkey._BYTES_AT_ONCE + VALUE_BYTES
    pieces.clear()
    commands.clear()


def test_neither_all_values_nor_those_that_came_nor_a_steps_are_held_at_once(wide, scientist, run_jobs, written):
    row = services.request_materialisation(actor=scientist, view_id=wide.pk)
    run_jobs()
    row = Materialisation.objects.get(pk=row.pk)
    assert (row.state, row.kind, row.keys_written) == ("done", "full", KEYS), row.failure
    assert row.chunks > 1, "by what they are, not by what they are packed to"
    held(written, KEYS)

    came = KEYS // 2
    rows_of(range(KEYS, KEYS + came), "append", wide)
    row = services.begin_materialisation(actor=scientist, view=wide)
    run_jobs()
    row = Materialisation.objects.get(pk=row.pk)
    assert (row.state, row.kind, row.keys_written) == ("done", "incremental", came), row.failure
    assert row.chunks > 1
    held(written, came)

    assert write_keys(wide, number_online(wide), {"person": range(KEYS)}, as_of=clock.now()) == KEYS
    held(written, KEYS)
    names = online_view(wide).names.of([{"person": 0}, {"person": KEYS + came - 1}])
    assert None not in online_store().read(names)


def test_one_large_value_among_small_ones_is_what_rows_are_counted_by_only_where_it_is_much():
    few = parting.Weight(rows=100_000, size=0, largest=parting.PIECE_BYTES // 4, large=parting.PIECE_BYTES // 2)
    many = parting.Weight(rows=100_000, size=0, largest=parting.PIECE_BYTES // 4, large=parting.PIECE_BYTES)
    huge = parting.Weight(rows=1, size=0, largest=3 * parting.PIECE_BYTES, large=3 * parting.PIECE_BYTES)
    assert (few.at_once, many.at_once, huge.at_once) == (parting.PIECE_ROWS, 4, 1)


@pytest.mark.parametrize("kind", ["VARCHAR", "BLOB", "DOUBLE[]", "UNION(a INTEGER)"])
def test_these_values_may_be_of_any_length(kind):
    assert parting.texts_of(FeatureView(features=[{"name": "a", "type": kind}])) == ["a"]


@pytest.mark.parametrize("kind", ["DECIMAL(18,3)", "TIMESTAMP WITH TIME ZONE", "UINTEGER", "BOOLEAN", "BIGINT"])
def test_these_are_of_one_length(kind):
    assert parting.texts_of(FeatureView(features=[{"name": "a", "type": kind}])) == []
