"""A project of whose things another has made something is not deleted."""

from __future__ import annotations

import pytest

from apps.features.models import FeatureView
from apps.projects import selectors, services
from foundation.errors import Conflict
from tests.apps.experiments.rows import make_run, make_training_set
from tests.apps.projects.deleting_stage import (
    ARCHIVE,
    asked,
    due,
    with_keys_of_the_tenant,
    workspaces,
)
from tests.apps.projects.test_archive import again
from tests.isolation.elsewhere import things_of
from tests.support.jobs import run_queued

__all__ = ["with_keys_of_the_tenant", "workspaces"]


@pytest.mark.parametrize("made", ["training_set", "view", "view_by_entity", "version", "run", "replay", "joined"])
def test_what_another_project_made_of_its_things_is_named_and_refuses(admin, scientist, project, client_as, made):
    name = _made_elsewhere(scientist, project, made)
    services.archive_project(actor=admin, project=project)

    with pytest.raises(Conflict, match=f"Other: {name}") as refused:
        asked(admin, project)
    assert refused.value.details["made_elsewhere"][0]["name"] == name
    page = client_as(admin).get(ARCHIVE).content.decode()
    assert "it is not deleted" in page
    assert f'action="{ARCHIVE}delete/"' not in page


def _made_elsewhere(actor, project, kind):
    from apps.datasets.models import Dataset, DatasetVersion
    from apps.features.models import Entity, TrainingSet
    from apps.monitoring.models import Replay

    rows_here, here = make_training_set(actor, project), {"tenant": actor.tenant, "project": project}
    other = services.create_project(actor=actor, slug="other", name="Other", purpose="Else")
    there = {"tenant": actor.tenant, "project": other}
    entity = Entity.objects.create(**here, name="flower", join_keys=["id"])
    view = {"number": 1, "event_time": "at", "state": "ready"}
    if kind == "training_set":
        made = TrainingSet.objects.create(
            **there, name="copied", number=1, base_version=rows_here.base_version, label="a"
        )
    elif kind == "view":
        own = Entity.objects.create(**there, name="own", join_keys=["id"])
        inputs = {"f": str(rows_here.base_version_id)}
        made = FeatureView.objects.create(**there, **view, entity=own, name="petals", inputs=inputs)
    elif kind == "view_by_entity":
        made = FeatureView.objects.create(**there, **view, entity=entity, name="petals")
    elif kind == "joined":
        mine = FeatureView.objects.create(**here, **view, entity=entity, name="petals")
        parts = [{"view": str(mine.pk), "keys": {}, "features": []}]
        base = make_training_set(actor, other)
        made = base
        TrainingSet.objects.filter(pk=base.pk).update(views=parts, state="ready")
    elif kind == "version":
        dataset = Dataset.objects.create(**there, name="derived", slug="derived")
        source = {"kind": "sql", "sql": "SELECT 1", "inputs": {"f": str(rows_here.base_version_id)}}
        made = DatasetVersion.objects.create(**there, dataset=dataset, number=1, state="ready", source=source)
    elif kind == "run":
        run = make_run(actor, other, rows_here, state="succeeded")
        return f"{run} {run.recipe}"
    else:
        things = things_of(actor, other)
        Replay.objects.filter(pk=things["replay"]).update(training_set=rows_here, state="stopped")
        made = Replay.objects.get(pk=things["replay"])
    return str(made)


def test_what_failed_elsewhere_needs_nothing(admin, scientist, project):
    from apps.features.models import Entity

    base = make_training_set(scientist, project).base_version_id
    other = services.create_project(actor=scientist, slug="other", name="Other", purpose="Else")
    there = {"tenant": admin.tenant, "project": other}
    entity = Entity.objects.create(**there, name="own", join_keys=["id"])
    words = {"number": 1, "event_time": "at", "state": "failed", "inputs": {"f": str(base)}}
    FeatureView.objects.create(**there, **words, entity=entity, name="petals")
    services.archive_project(actor=admin, project=project)

    assert asked(admin, project).deletion_due is not None


def test_what_is_needed_elsewhere_by_the_day_is_not_begun(admin, scientist, project, client_as):
    services.archive_project(actor=admin, project=project)
    asked(admin, project)
    _made_elsewhere(scientist, project, "training_set")
    due(project)

    assert services.begin_deletions() == 0
    assert "The deletion waits for these" in client_as(admin).get(ARCHIVE).content.decode()


def test_what_comes_to_be_needed_while_it_was_begun_is_found_again(admin, scientist, project):
    services.archive_project(actor=admin, project=project)
    asked(admin, project)
    due(project)
    services.begin_deletions()
    name = _made_elsewhere(scientist, project, "training_set")
    (job,) = run_queued()

    assert (job.state, name in job.failure) == ("failed", True)
    found = selectors.get_project(actor=again(admin), slug="flights")
    assert found.deletion_due is not None
    assert services.begin_deletions() == 0
