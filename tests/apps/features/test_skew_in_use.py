"""Which skewed versions the head of the list names: an older one only while a model has learned from it."""

from __future__ import annotations

import pytest

from apps.features import selectors
from apps.features.choices import BuildState
from apps.features.models import FeatureView, OnDemandView
from apps.registry.models import Model, ModelVersion
from foundation.clock import now
from tests.apps.experiments.rows import make_run, make_training_set
from tests.apps.features.shared import *  # noqa: F403

FEATURES = "/t/acme/p/flights/features/"


@pytest.fixture
def newer(view):
    """The next version of the same name; both are skewed."""
    words = {field.attname: getattr(view, field.attname) for field in FeatureView._meta.concrete_fields}
    row = FeatureView.objects.create(**{**words, "id": None, "number": 2, "state": BuildState.READY})
    FeatureView.objects.filter(pk__in=[view.pk, row.pk]).update(skewed_since=now())
    return row


@pytest.fixture
def learn(scientist, project):
    """A model version whose training set was made of these parts."""

    def made(name, **parts):
        run = make_run(scientist, project, make_training_set(scientist, project, **parts), state="succeeded")
        inside = {"tenant": scientist.tenant, "project": project}
        model = Model.objects.create(**inside, name=name)
        return ModelVersion.objects.create(**inside, model=model, number=1, run=run, created_by=scientist.user)

    return made


def named(actor, view):
    return {one.number for one in selectors.skewed_in_use(actor=actor, project_id=view.project_id)}


def test_an_older_version_is_named_while_a_model_has_learned_from_it(newer, view, learn, scientist, client_as):
    assert named(scientist, view) == {2}
    learn("other", views=[{"view": str(newer.pk), "features": ["recent_delay"]}])
    assert named(scientist, view) == {2}, "a model learned from the newest alone"
    version = learn("late", views=[{"view": str(view.pk), "features": ["recent_delay"]}])
    assert named(scientist, view) == {1, 2}
    page = client_as(scientist).get(FEATURES)
    text = page.content.decode()
    assert "2 feature views serve other values than a model learned from: " in text
    assert f'<a href="{FEATURES}views/{view.pk}/?tab=skew"><bdi>carrier_delay v1</bdi></a>' in text
    FeatureView.objects.filter(pk=newer.pk).update(skewed_since=None)
    assert named(scientist, view) == {1}
    assert "One feature view serves other values" in client_as(scientist).get(FEATURES).content.decode()
    version.delete()
    assert named(scientist, view) == set()


def test_what_is_reckoned_of_a_view_when_asked_for_uses_it_too(newer, view, learn, scientist, project):
    made = OnDemandView.objects.create(
        tenant=scientist.tenant,
        project=project,
        name="trip",
        number=1,
        uses=[{"view": str(view.pk), "features": ["recent_delay"]}],
        features=[{"name": "twice", "expression": "recent_delay * 2", "type": "DOUBLE"}],
    )
    learn("late", on_demand=[{"id": str(made.pk), "features": ["twice"], "request": {}}])
    assert named(scientist, view) == {1, 2}
