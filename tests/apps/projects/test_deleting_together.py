"""Projects that made something of each other: what came to nothing keeps neither, and those that are due go at once."""

from __future__ import annotations

import pytest

from apps.deployments import selectors as deployments
from apps.experiments.adapters import tracking
from apps.experiments.models import Experiment, Run
from apps.features.models import Entity, FeatureView, TrainingSet
from apps.projects import services
from apps.projects.models import Project, ProjectDeletion
from foundation import storage
from foundation.errors import Conflict
from tests.apps.experiments.rows import make_run, make_training_set
from tests.apps.projects.deleting_stage import ARCHIVE, asked, due
from tests.apps.projects.test_archive import again
from tests.support.jobs import run_queued


@pytest.fixture(autouse=True)
def without_servers(monkeypatch, settings):
    monkeypatch.setattr(tracking, "forget_workspace", lambda _name: None)
    monkeypatch.setattr(deployments.gateway, "read_waiting", lambda _socket: 0)
    settings.LAKE_KEYS = "foundation.lake.keys.keys_of"


@pytest.fixture
def other(scientist):
    return services.create_project(actor=scientist, slug="other", name="Other", purpose="Else")


@pytest.fixture
def mutual(admin, scientist, project, other):
    """Each has a training set of the other's rows."""
    for here, there in ((project, other), (other, project)):
        copy_of(make_training_set(scientist, here), there, state="ready")
    return project, other


def copy_of(made, project, **words):
    place = {"tenant": project.tenant, "project": project, "base_version": made.base_version}
    return TrainingSet.objects.create(**place, **words, name="copied", number=1, label="a")


def archive(admin, project):
    services.archive_project(actor=again(admin), project=project)


def stones():
    return {row.slug for row in Project.objects.exclude(deleted_at=None)}


@pytest.mark.parametrize("state", ["failed", "cancelled", "destroyed"])
def test_what_came_to_nothing_elsewhere_goes_with_it(admin, scientist, project, other, state):
    made = make_training_set(scientist, project)
    entity = Entity.objects.create(tenant=admin.tenant, project=project, name="flower", join_keys=["id"])
    words = {"tenant": admin.tenant, "project": other, "number": 1, "event_time": "at", "state": state}
    FeatureView.objects.create(**words, entity=entity, name="petals")
    copy_of(made, other, state=state)
    stays = make_training_set(scientist, other)
    archive(admin, project)
    asked(admin, project)
    due(project)
    assert services.begin_deletions() == 1
    run_queued()

    assert stones() == {"flights"}
    assert list(TrainingSet.objects.all()) == [stays]
    assert not FeatureView.objects.exists()


def test_a_failed_run_elsewhere_goes_with_its_log(admin, scientist, project, other):
    run = make_run(scientist, other, make_training_set(scientist, project), state="failed")
    storage.put(admin.tenant_id, f"runs/{run.pk.hex}/log", b"failed")
    archive(admin, project)
    asked(admin, project)
    due(project)
    services.begin_deletions()
    run_queued()

    assert stones() == {"flights"}
    assert not Run.objects.exists()
    assert Experiment.objects.filter(project=other).exists()
    assert storage.list(admin.tenant_id) == []


def test_what_other_rows_rest_on_keeps_it(admin, scientist, project, other):
    destroyed = copy_of(make_training_set(scientist, project), other, state="destroyed")
    make_run(scientist, other, destroyed, state="succeeded")
    archive(admin, project)
    with pytest.raises(Conflict, match="Other: copied"):
        asked(admin, project)


def test_projects_that_need_each_other_go_together_when_both_are_due(admin, mutual, client_as):
    project, other = mutual
    archive(admin, project)
    with pytest.raises(Conflict, match="Other: copied"):
        asked(admin, project)
    archive(admin, other)
    asked(admin, project)
    due(project)
    assert services.begin_deletions() == 0
    assert "The deletion waits for these" in client_as(admin).get(ARCHIVE).content.decode()

    asked(admin, other)
    assert services.begin_deletions() == 0
    due(other)
    assert services.begin_deletions() == 2
    ran = run_queued()
    assert [job.state for job in ran] == ["succeeded", "succeeded"], [job.failure for job in ran]
    assert stones() == {"flights", "other"}
    assert not TrainingSet.objects.exists()
    assert not ProjectDeletion.objects.exists()


def test_a_third_that_needs_one_of_them_keeps_both(admin, scientist, mutual):
    other = mutual[1]
    third = services.create_project(actor=scientist, slug="third", name="Third", purpose="Else")
    copy_of(TrainingSet.objects.filter(project=other).exclude(name="copied").get(), third, state="ready")
    archive(admin, third)
    for one in mutual:
        archive(admin, one)
    for one in mutual:
        asked(admin, one)
        due(one)
    assert services.begin_deletions() == 0

    asked(admin, third)
    due(third)
    assert services.begin_deletions() == 3
    run_queued()
    assert stones() == {"flights", "other", "third"}


def test_what_is_kept_while_its_neighbour_was_begun_is_not_touched(admin, mutual):
    """Found again, with all that it holds: rows of a project that is not in deletion itself never go with another."""
    project, other = mutual
    for one in mutual:
        archive(admin, one)
    for one in mutual:
        asked(admin, one)
        due(one)
    services.begin_deletions()
    Project.objects.filter(pk=other.pk).update(deletion_begun_at=None, deletion_due=None)
    run_queued()

    assert stones() == set()
    assert TrainingSet.objects.filter(project=other).count() == 2
    assert Project.objects.get(pk=project.pk).deletion_begun_at is None
