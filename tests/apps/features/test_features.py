"""Features one by one: noted as the ledger tells, found by what is known of them, each with its page."""

from __future__ import annotations

import pytest

from apps.datasets import services as datasets
from apps.features import selectors, services
from apps.features.models import Feature
from foundation import ledger
from foundation.ledger.dispatch import dispatch_once
from tests.apps.features.stage import DELAYS, SQL

FEATURES = "/t/acme/p/flights/features/"


def noted():
    """Whatever the ledger tells by now."""
    ledger.sequence_once()
    while dispatch_once(name="features.catalogue"):
        pass


def found(client, **query):
    """The names on the list."""
    answer = client.get(FEATURES, query)
    assert answer.status_code == 200, answer.content.decode()[-2000:]
    return [row.record.name for row in answer.context["table"].page.object_list]


@pytest.fixture
def client(client_as, scientist):
    return client_as(scientist)


def test_a_feature_is_found_with_what_is_known_of_it_once_its_view_is_computed(view, client, scientist):
    noted()
    feature = selectors.visible_features(actor=scientist).get()
    assert (feature.name, feature.kind, feature.null_share, feature.distinct) == ("recent_delay", "number", 0, 3)
    assert feature.mean == pytest.approx(62 / 3)
    assert feature.newest_at.isoformat() == "2013-01-10T09:00:00+00:00"
    dataset_id = selectors.source_word(*_source(view))
    assert feature.sources == [dataset_id]
    assert found(client) == ["recent_delay"]
    for query in (
        {"q": "recent carrier"},
        {"kind": "number"},
        {"missing": "5"},
        {"used": "nothing"},
        {"entity": "carrier"},
    ):
        assert found(client, **query) == ["recent_delay"], query
    for query in (
        {"q": "recent zebra"},
        {"kind": "text"},
        {"within": "day"},
        {"used": "model"},
        {"deprecated": "only"},
    ):
        assert found(client, **query) == [], query
    for sort in ("null_share", "-mean", "newest_at", "-distinct", "use_count", "view"):
        assert found(client, sort=sort) == ["recent_delay"], sort


def _source(view):
    from apps.datasets.models import DatasetVersion

    return DatasetVersion.objects.get(pk=view.inputs["delays"]).dataset_id, "delay"


def test_each_tab_of_a_feature_answers(view, client, scientist, define, flights, run_jobs):
    define.training_set(flights, "late", event_time="moment", views=[{"view": view.pk, "keys": {}, "features": None}])
    run_jobs()
    noted()
    feature = selectors.visible_features(actor=scientist).get()
    here = f"{FEATURES}catalogue/{feature.pk}/"
    assert "One training set uses it" in client.get(here).content.decode()
    said = {
        "versions": "v1",
        "use": "late v1",
        "lineage": "delay",
        "similar": "No feature of another view",
        "programs": "client.features.show",
        "activity": "computed 3 rows",
    }
    for tab, words in said.items():
        assert words in client.get(here, {"tab": tab}).content.decode(), tab
    assert "One job" not in client.get(here, {"tab": "use"}).content.decode()
    spread = client.get(f"{here}spread.json").json()
    assert sum(spread["data"][0]["y"]) == 3
    assert client.get(f"{here}time.json").json()["data"]
    assert client.get(f"{here}other.json").status_code == 404
    assert found(client, used="training_set") == ["recent_delay"]
    assert found(client, used="nothing") == []
