"""What cannot be meant is refused over REST where it is said: with its field, in words, and before anything runs."""

from __future__ import annotations

import json

import pytest

from apps.features.models import FeatureView, TrainingSet
from tests.apps.features import stage
from tests.apps.features.shared import *  # noqa: F403

WRONG = [
    ({"event_time": None}, "event_time", "required"),
    ({"event_time": ""}, "event_time", "blank"),
    ({"event_time": "when"}, "event_time", "Not among the columns"),
    ({"event_time": "carrier"}, "event_time", "holds no time"),
    ({"ttl_seconds": 0}, "ttl_seconds", "positive number"),
    ({"ttl_seconds": -60}, "ttl_seconds", "positive number"),
    ({"ttl_seconds": 1.5}, "ttl_seconds", "valid integer"),
    ({"ttl_seconds": 10**30}, "ttl_seconds", "fewer seconds"),
    ({"sql": "SELECT carrier, moment, now() AS x FROM delays"}, "sql", "NOW reads the clock"),
    ({"sql": "SELECT carrier, moment, random() AS x FROM delays"}, "sql", "RANDOM answers something else"),
    ({"sql": "SELECT 7 AS carrier, moment, delay FROM delays"}, "join_keys", "Another type"),
    ({"sql": "SELECT carrier, moment, delay AS a, delay AS A FROM delays"}, "", "more than one column"),
]


@pytest.fixture
def post(api_as, scientist):
    def asked(path, body):
        said = body if isinstance(body, str) else json.dumps(body)
        return api_as(scientist).post(f"/api/v1/{path}", said, content_type="application/json")

    return asked


def test_a_definition_that_cannot_be_meant_is_refused_at_its_field(post, view, carrier, project, subtests):
    given = {"project": project.slug, "entity": carrier.name, "name": "x", "sql": stage.SQL, "event_time": "moment"}
    given["inputs"] = {"delays": next(iter(view.inputs.values()))}
    for more, field, sentence in WRONG:
        with subtests.test(more=more):
            body = {name: value for name, value in {**given, **more}.items() if value is not None}
            answer = post("feature-views/", body)
            said = answer.json()
            assert answer.status_code == 422, said
            assert sentence in " ".join(said.get("errors", {}).get(field, [said["detail"]])), said
    assert FeatureView.objects.count() == 1
    assert post("feature-views/", given).status_code == 202


def test_what_nobody_can_answer_is_told(post, view, flights, project, subtests):
    online = {"project": project.slug, "views": ["carrier_delay"], "entities": [{"carrier": "AA"}]}
    labels = {"project": project.slug, "name": "x", "base_version": str(flights.pk), "label": "late"}
    labels |= {"event_time": "moment", "views": [{"view": str(view.pk), "features": ["nothing"]}]}
    past = {"project": project.slug, "features": ["carrier_delay:nothing"], "event_time": "moment"}
    endless = json.dumps(online).replace('"AA"', "1e999")
    for path, body, status, sentence in (
        ("feature-views/online/", {**online, "features": ["nothing"]}, 422, "They have: “recent_delay”"),
        ("feature-views/online/", {**online, "views": ["nothing"]}, 404, "There are: “carrier_delay”"),
        ("feature-views/online/", {**online, "entities": [{"carrier": "x" * 10_000}]}, 422, "longer than 1000 bytes"),
        ("feature-views/online/", endless, 422, "is no key"),
        ("feature-views/online/", endless.replace("1e999", "NaN"), 400, "not JSON"),
        ("training-sets/", labels, 422, "has no feature “nothing”"),
        (
            "historical-features/",
            {**past, "base_version": str(flights.pk)},
            422,
            "has no feature “nothing”. It has: rec",
        ),
    ):
        with subtests.test(path=path, body=str(body)[:200]):
            answer = post(path, body)
            assert (answer.status_code, sentence in answer.json()["detail"]) == (status, True), answer.json()
    assert not TrainingSet.objects.exists()


def test_a_second_materialisation_waits_for_the_first(post, view):
    assert post(f"feature-views/{view.pk}/materialise/", {}).status_code == 202
    second = post(f"feature-views/{view.pk}/materialise/", {})
    assert (second.status_code, "being materialised already" in second.json()["detail"]) == (409, True)
