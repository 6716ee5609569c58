"""Tables of views and training sets take room in the quota of storage, and are metered, until they are destroyed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from apps.datasets import services as dataset_services
from apps.datasets.models import DatasetVersion
from apps.features import selectors
from apps.features.choices import BuildState
from apps.features.models import TrainingSet
from apps.tenants import services as tenants
from apps.tenants.choices import ThingKind, UsageKind
from apps.tenants.models import UsageHour, UsageSpan
from apps.tenants.selectors import held
from foundation import lake
from foundation.errors import OverQuota


def kept(project):
    return held.stored(tenant_id=project.tenant_id, project_id=project.pk)


def on_disk(at, tenant_id):
    return sum(Path(file.path).stat().st_size for file in lake.for_tenant(tenant_id).files_of(at))


def size_of(thing):
    return UsageSpan.objects.get(subject_id=thing.pk, ended_at=None).byte_count


@pytest.fixture
def more(made, define):
    """Another view and another training set of the same rows, by the prefixes of their tables."""
    view, row = made
    events = DatasetVersion.objects.get(pk=view.inputs["e"])
    return {
        "fv_": lambda: define.view(view.entity, "more", view.sql, event_time="seen", e=events),
        "ts_": lambda: define.training_set(row.base_version, "more"),
    }


def test_a_view_and_a_training_set_count_with_the_bytes_of_their_files(made, project, scientist):
    view, row = made
    assert size_of(view) == on_disk(selectors.view_table(view), view.tenant_id) > 0
    assert size_of(row) == on_disk(selectors.training_table(row), row.tenant_id) > 0
    assert kept(project) >= size_of(view) + size_of(row)

    UsageSpan.objects.update(metered_until=UsageSpan.objects.get(subject_id=row.pk).started_at - timedelta(hours=2))
    tenants.meter_everything()
    hours = UsageHour.objects.filter(thing_kind=ThingKind.TRAINING_SET, kind=UsageKind.STORAGE)
    assert {(hour.project_id, hour.person_id, hour.thing_id) for hour in hours} == {
        (project.pk, scientist.user.pk, row.pk)
    }
    assert sum(hour.amount for hour in hours) >= 2 * size_of(row)


def test_what_was_made_before_it_was_metered_counts_from_the_next_measuring_on(made, project):
    before = kept(project)
    UsageSpan.objects.filter(thing_kind__in=[ThingKind.FEATURE_VIEW, ThingKind.TRAINING_SET]).delete()
    assert kept(project) < before
    tenants.measure_storage()
    assert kept(project) == before
    tenants.measure_storage()
    assert kept(project) == before


def test_without_room_neither_a_view_nor_a_training_set_is_begun(made, admin, project, more):
    tenants.set_quota(actor=admin, project_id=project.pk, storage_bytes=kept(project))
    for begin in more.values():
        with pytest.raises(OverQuota, match="This project's quota allows"):
            begin()


def test_rows_that_do_not_fit_are_not_kept_and_it_says_why(made, admin, project, run_jobs, more):
    tenants.set_quota(actor=admin, project_id=None, storage_bytes=kept(project) + 1)
    begun, before = {prefix: begin() for prefix, begin in more.items()}, kept(project)
    run_jobs()
    for prefix, thing in begun.items():
        thing.refresh_from_db()
        assert thing.state == BuildState.FAILED
        assert "too few bytes of storage left" in thing.failure
        assert not lake.for_tenant(project.tenant_id).exists(f"{prefix}{thing.pk.hex}")
    assert kept(project) == before


def test_an_erasure_frees_what_it_destroys_and_is_not_held_up_by_a_full_quota(made, admin, project, run_jobs):
    tenants.set_quota(actor=admin, project_id=None, storage_bytes=1)
    dataset_services.erase_person(actor=admin, project=project, column="who", value="person-1")
    run_jobs()
    run_jobs()
    for old in made:
        old.refresh_from_db()
        assert old.state == BuildState.DESTROYED
        assert not UsageSpan.objects.filter(subject_id=old.pk, ended_at=None).exists()
        newer = type(old).objects.get(name=old.name, number=2)
        assert (newer.state, size_of(newer) > 0) == (BuildState.READY, True)
    tenants.measure_storage()
    assert not UsageSpan.objects.filter(subject_id__in=[old.pk for old in made], ended_at=None).exists()
    assert TrainingSet.objects.filter(state=BuildState.READY).count() == 1
