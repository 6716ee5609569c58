"""A worker that is killed while it puts a view online is followed by one that goes on at the part it stood at."""

from __future__ import annotations

import os
import signal

import pyarrow as pa
import pytest

from apps.features.models import Entity, FeatureView, Materialisation
from apps.features.services import begin_materialisation, read_online
from apps.projects.models import Project
from foundation import clock, lake
from foundation.tenancy import scope
from tests.chaos.stopping import a_minute_later, is_dead, steps
from tests.chaos.test_jobs import broker
from tests.chaos.workers import lines, processes, wait_for
from tests.support.people import make_person, make_tenant

__all__ = ["broker", "steps"]
pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
KEYS = 200


@pytest.fixture
def actor(transactional_db):
    return make_person(make_tenant("acme", "Acme Trading"), "scientist")


def made(actor):
    """A view with a row for each key, ready to go online."""
    inside = {"tenant": actor.tenant, "project": Project.objects.create(tenant=actor.tenant, slug="f", name="F")}
    entity = Entity.objects.create(**inside, name="person", join_keys=["person"])
    row = {"name": "spending", "number": 1, "event_time": "seen", "marked": False, "state": "ready"}
    view = FeatureView.objects.create(**inside, **row, entity=entity, features=[{"name": "spent", "type": "BIGINT"}])
    seen = pa.array([clock.now().replace(tzinfo=None)] * KEYS, pa.timestamp("us"))
    table = pa.table({"person": list(range(KEYS)), "seen": seen, "spent": [n * 10 for n in range(KEYS)]})
    at = lake.for_tenant(actor.tenant_id).write(f"fv_{view.pk.hex}", table)
    FeatureView.objects.filter(pk=view.pk).update(lake_table=at.table, lake_snapshot=at.snapshot, row_count=KEYS)
    view.refresh_from_db()
    return view


def test_killed_in_the_second_part_it_is_gone_on_with_there(actor, broker, steps, tmp_path, settings):
    settings.REDIS_URL = broker.url
    with scope(actor.tenant_id):
        view = made(actor)
    with processes(tmp_path, broker.url, app="tests.chaos.online_app") as house:
        house.worker()
        steps.stop_at("second")
        with scope(actor.tenant_id):
            begun = begin_materialisation(actor=actor, view=view)
        a_minute_later(lambda: None)
        standing = wait_for(lambda: steps.reached("second"), 60, "the second part")
        os.kill(standing, signal.SIGKILL)
        wait_for(lambda: is_dead(standing), 5, "its death")
        with scope(actor.tenant_id):
            begun.refresh_from_db()
            assert (begun.state, begun.chunks, begun.chunks_done) == ("running", 4, 1)
            (row,) = read_online(actor=actor, view_ids=[view.pk], entities=[{"person": -1}])
            assert row["not_online"] == ["spending v1"], "not all is there, so nothing is said to be missing"

        steps.stop_at("")
        a_minute_later(lambda: None)
        wait_for(lambda: _state(actor, begun) == "done", 60, "the rest")
    parts = [line.split("=") for line in lines(tmp_path / "parts")]
    assert [chunk for pid, chunk in parts if pid == str(standing)] == ["0", "1"]
    assert [chunk for pid, chunk in parts if pid != str(standing)] == ["1", "2", "3"]
    with scope(actor.tenant_id):
        begun.refresh_from_db()
        assert begun.keys_written == KEYS
        found = read_online(actor=actor, view_ids=[view.pk], entities=[{"person": n} for n in range(KEYS)])
    assert [row["features"]["spent"] for row in found] == [n * 10 for n in range(KEYS)]


def _state(actor, row):
    with scope(actor.tenant_id):
        return Materialisation.objects.get(pk=row.pk).state
