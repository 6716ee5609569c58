"""What is said about things of the feature store is changed without a question, and taken back as it was."""

from __future__ import annotations

import pytest

from apps.features import selectors, services
from apps.features.models import Entity, Feature, FeatureService, FeatureView, OnDemandView
from tests.apps.features.shared import *  # noqa: F403
from tests.apps.features.stage import deliver_events
from tests.support.undo import press_undo, undo

FEATURES = "/t/acme/p/flights/features/"
BEFORE = {"description": 'Who "flies"\nand <where>, 5 % late & more', "tags": ["air", "best of b"]}
TYPED = {"description": "Something else", "owner": "", "tags": ""}


@pytest.fixture
def client(client_as, scientist):
    return client_as(scientist)


@pytest.fixture
def things(view, scientist, project):
    """One of each kind with all that is said of it: (its page, its model, its id)."""
    by = {"actor": scientist, "project": project}
    service = services.define_service(**by, name="late", views=[{"view": view.pk, "features": None}])
    derived = services.define_on_demand(**by, name="twice", features=[{"name": "two", "expression": "1 + 1"}])
    told = {**BEFORE, "owner": scientist.user.email}
    services.describe_entity(actor=scientist, entity=view.entity, **told)
    services.describe_view(actor=scientist, view=view, **told)
    services.describe_service(actor=scientist, service=service, **told)
    services.describe_on_demand(actor=scientist, view=derived, **told)
    return [
        (f"entities/{view.entity_id}/", Entity, view.entity_id),
        (f"views/{view.pk}/", FeatureView, view.pk),
        (f"services/{service.pk}/", FeatureService, service.pk),
        (f"on-demand/{derived.pk}/", OnDemandView, derived.pk),
    ]


def said_of(model, pk):
    row = model.objects.get(pk=pk)
    return {"description": row.description, "tags": row.tags, "owner": row.owner and row.owner.email}


def test_description_owner_and_tags_come_back_word_by_word(client, things, scientist):
    for place, model, pk in things:
        here = FEATURES + place
        assert client.post(f"{here}edit/", TYPED)["Location"] == here, place
        changed = said_of(model, pk)
        assert changed == {"description": "Something else", "tags": [], "owner": None}, place
        assert press_undo(client, here)["Location"] == here, place
        assert said_of(model, pk) == {**BEFORE, "owner": scientist.user.email}, place
        # What was undone is done again by the next one.
        again = press_undo(client, here)
        assert said_of(model, pk) == changed, place
        client.get(again["Location"])


def test_what_somebody_saved_since_is_shown_and_not_lost(client, things):
    for place, model, pk in things:
        here = FEATURES + place
        client.post(f"{here}edit/", TYPED)
        notice = client.get(here).content.decode()
        client.post(f"{here}edit/", {**TYPED, "description": "By another"})
        held = undo(client, notice)
        assert (held.status_code, "they saved “By another”" in held.content.decode()) == (422, True), place
        assert said_of(model, pk)["description"] == "By another", place
        client.get(here)


def test_a_save_that_changes_nothing_or_tells_types_for_good_offers_nothing(client, things, scientist, project):
    place, model, pk = things[1]
    same = said_of(model, pk)
    client.post(f"{FEATURES}{place}edit/", {**same, "tags": ", ".join(same["tags"])})
    shown = client.get(FEATURES + place).content.decode()
    assert "Saved." in shown and ">Undo<" not in shown
    route = services.define_entity(actor=scientist, project=project, name="route", join_keys=["origin"])
    here = f"{FEATURES}entities/{route.pk}/"
    client.post(f"{here}edit/", {"description": "From where", "key_type_0": "text"})
    shown = client.get(here).content.decode()
    assert "From where" in shown and ">Undo<" not in shown


def test_what_a_feature_means_comes_back(client, view, scientist):
    deliver_events()
    feature = selectors.visible_features(actor=scientist).get()
    here = f"{FEATURES}catalogue/{feature.pk}/"
    client.post(f"{here}describe/", {"description": "Minutes behind"})
    client.get(here)
    client.post(f"{here}describe/", {"description": "Minutes early"})
    assert press_undo(client, here)["Location"] == here
    assert Feature.objects.get(pk=feature.pk).description == "Minutes behind"
    notice = client.get(here).content.decode()
    client.post(f"{here}describe/", {"description": "By another"})
    assert undo(client, notice).status_code == 422
    assert Feature.objects.get(pk=feature.pk).description == "By another"
    client.get(here)
    client.post(f"{here}describe/", {"description": "By another"})
    assert ">Undo<" not in client.get(here).content.decode()
