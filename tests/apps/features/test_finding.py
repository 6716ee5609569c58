"""Features are found by ranges of their figures, and by whether they are served as models learned them."""

from __future__ import annotations

import pytest

from apps.features import services
from apps.features.models import Feature, FeatureView
from foundation.clock import now
from tests.apps.features.shared import *  # noqa: F403

FEATURES = "/t/acme/p/flights/features/"
REST = "/api/v1/features/"


@pytest.fixture
def features(view, scientist):
    """One of a view; one that is reckoned when asked for; one of personal values, of which no mean is known."""
    services.note_view(view_id=view.pk)
    made = services.define_on_demand(
        actor=scientist,
        project=view.project,
        name="trip",
        uses=[{"view": str(view.pk), "features": None}],
        request={},
        features=[{"name": "twice", "expression": "recent_delay * 2"}],
    )
    services.note_on_demand(on_demand_id=made.pk)
    (one,) = Feature.objects.filter(view=view)
    words = {field.attname: getattr(one, field.attname) for field in Feature._meta.concrete_fields}
    words |= {"id": Feature.id_of(view.pk, "salary"), "name": "salary", "place": 1, "covered": True}
    Feature.objects.create(**{**words, "mean": None, "deviation": None, "distinct": 900})
    Feature.objects.filter(pk=one.pk).update(mean=-2.5)
    return view


def asked(client, **words):
    """The names on the page, and over REST; both tell the same."""
    page = client.get(FEATURES, words)
    listed = {row.record.name for row in page.context["table"].page.object_list}
    answer = client.get(REST, {"project": "flights", **words})
    assert {row["name"] for row in answer.json()["results"]} == listed, words
    return listed


def test_features_are_found_by_ranges_of_their_mean_and_of_their_distinct_values(features, client_as, scientist):
    client = client_as(scientist)
    for words, names in (
        ({}, {"recent_delay", "twice", "salary"}),
        ({"mean_from": "-3"}, {"recent_delay"}),
        ({"mean_from": "-2.5", "mean_to": "-2.5"}, {"recent_delay"}),
        ({"mean_from": "-2.4"}, set()),
        ({"mean_to": "-2.6"}, set()),
        ({"mean_to": "1e40"}, {"recent_delay"}),
        ({"distinct_from": "3", "distinct_to": "3"}, {"recent_delay"}),
        ({"distinct_from": "3.5"}, {"salary"}),
        ({"distinct_to": "899.5"}, {"recent_delay"}),
        ({"distinct_from": "4", "mean_from": "-10"}, set()),
    ):
        assert asked(client, **words) == names, words


def test_features_are_found_by_whether_they_differ_from_what_models_learned(features, client_as, scientist):
    client = client_as(scientist)
    assert asked(client, skewed="only") == set()
    assert asked(client, skewed="no") == {"recent_delay", "twice", "salary"}
    FeatureView.objects.filter(pk=features.pk).update(skewed_since=now())
    assert asked(client, skewed="only") == {"recent_delay", "salary"}
    assert asked(client, skewed="no") == {"twice"}


def test_a_range_that_cannot_be_is_said_at_its_end(features, client_as, scientist):
    client = client_as(scientist)
    for words, field, sentence in (
        ({"mean_from": "3", "mean_to": "2"}, "mean_to", "ends before it begins"),
        ({"distinct_from": "9", "distinct_to": "8"}, "distinct_to", "ends before it begins"),
        ({"distinct_from": "-1"}, "distinct_from", "greater than or equal to 0"),
        ({"distinct_to": "1e99999"}, "distinct_to", "less than or equal to"),
        ({"mean_from": "nan"}, "mean_from", "number"),
        ({"mean_from": "much"}, "mean_from", "number"),
        ({"skewed": "perhaps"}, "skewed", "valid choice"),
    ):
        refused = client.get(REST, {"project": "flights", **words})
        assert refused.status_code == 422, words
        assert sentence in refused.json()["errors"][field][0], words
        assert sentence in client.get(FEATURES, words).content.decode(), words
