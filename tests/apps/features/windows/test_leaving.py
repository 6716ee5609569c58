"""What a windows view leaves behind: nothing where it is removed, nor where rows were taken from its stream."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from apps.datasets import services as dataset_services
from apps.features import services
from apps.features.choices import BuildState, MaterialisationState
from apps.features.models import FeatureView, Materialisation
from apps.features.services.online import begin_materialisation
from apps.features.services.windows import advancing
from apps.features.services.windows.declaring import plan_of
from apps.features.services.windows.events import mark_of
from apps.features.services.windows.progress import Progress
from foundation import jobs, lake
from foundation.identity import Actor
from foundation.jobs import JobHandle
from tests.apps.features.stage import end_of_bin
from tests.apps.features.test_erasing import online_keys
from tests.foundation.storage.test_shredding import everything_on_disk, holding

AGGREGATION = {"name": "seen", "function": "count", "column": "", "seconds": 300}
EVENT = {"who": "a", "at": 0, "known": 0, "x": 1.0, "i": 1, "w": "b"}


class Quiet:
    """Nobody keeps the job."""

    def progress(self, step, percent):
        pass

    def unwritten(self):
        return None

    def check(self):
        pass


@pytest.mark.django_db(transaction=True)
def test_removing_a_windows_view_destroys_its_events(events_stream, define_windows, admin, run_jobs):
    view = define_windows([AGGREGATION], stream_id=events_stream(EVENT).pk)
    tables = lake.for_tenant(view.tenant_id)
    assert f"we_{view.pk.hex}" in tables.tables()
    services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view))
    run_jobs()
    assert f"we_{view.pk.hex}" in tables.tables()
    assert end_of_bin() == 1
    run_jobs()
    view.refresh_from_db()
    assert view.state == BuildState.DESTROYED
    assert not [table for table in tables.tables() if view.pk.hex in table]


@pytest.mark.django_db(transaction=True)
def test_an_erasure_ends_what_has_left_the_bin_and_is_not_destroyed_yet(
    with_keys_of_the_tenant, events_stream, define_windows, admin, project, run_jobs
):
    view = define_windows([AGGREGATION], stream_id=events_stream({**EVENT, "who": "gone-CANARY-8"}).pk)
    services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view))
    assert end_of_bin() == 1
    jobs.cancel_of(actor=admin, subject=("feature_view", view.pk))
    assert online_keys(view)
    by = {"actor": admin, "project": project, "break_chain": True}
    dataset_services.erase_person(**by, column="who", value="gone-CANARY-8")
    run_jobs()
    run_jobs()
    assert online_keys(view) == []
    assert not [table for table in lake.for_tenant(view.tenant_id).tables() if view.pk.hex in table]
    assert holding({"person": b"gone-CANARY-8"}, *everything_on_disk()) == set()
    services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view))
    run_jobs()
    view.refresh_from_db()
    assert view.state == BuildState.DESTROYED


@pytest.mark.django_db(transaction=True)
def test_values_on_their_way_are_overtaken_where_rows_were_taken_away(
    events_stream, define_windows, scientist, run_jobs
):
    view = define_windows([AGGREGATION], stream_id=events_stream(EVENT).pk)
    system = Actor.system(view.tenant, "features")
    Materialisation.objects.update(state=MaterialisationState.OVERTAKEN)
    FeatureView.objects.update(online_at=None)
    old = begin_materialisation(actor=system, view=view)
    Materialisation.objects.filter(pk=old.pk).update(lake_snapshot=view.lake_snapshot - 1)
    tables, told = lake.for_tenant(view.tenant_id), Progress.of(view)
    mark, _said = mark_of(tables, view)
    handle = JobHandle(job_id=uuid4(), attempt=1, actor=scientist, keeper=Quiet())

    advancing._put_online(handle, tables, view, plan_of(view), mark, told)
    old.refresh_from_db()
    assert old.state == MaterialisationState.WAITING, "nothing was taken away"
    gone = replace(mark, step=mark.step + 1, whole=mark.step + 1)
    advancing._put_online(handle, tables, view, plan_of(view), gone, told)
    old.refresh_from_db()
    assert old.state == MaterialisationState.OVERTAKEN
    assert Materialisation.objects.get(state=MaterialisationState.WAITING).lake_snapshot == view.lake_snapshot
