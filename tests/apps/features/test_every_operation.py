"""What programs may expect of every operation of the feature store, asked of each that there is."""

from __future__ import annotations

import json

import pytest
from django.conf import settings

from apps.features.api.urls import router
from apps.features.models import Entity, FeatureService, FeatureView, OnDemandView, Retrieval, TrainingSet
from foundation.web.api import PortalViewSet
from tests.apps.features import stage
from tests.apps.features.pages import things

__all__ = ["things"]

API = "/api/v1/"
NOBODY = "00000000-0000-4000-8000-000000000000"
KINDS = {
    "entities": "entity_id",
    "features": "feature_id",
    "feature-views": "view_id",
    "feature-services": "service_id",
    "on-demand-views": "on_demand_id",
    "training-sets": "training_set_id",
    "historical-features": "retrieval_id",
}


def operations():
    """Every address with the methods that it answers, and what answers them."""
    for route in router.urls:
        found = {method: action for method, action in route.callback.actions.items() if method != "head"}
        yield str(route.pattern).removeprefix("^"), found, route.callback.cls


@pytest.fixture
def api(api_as, admin):
    return api_as(admin)


def test_what_is_read_by_its_id_has_a_tag_that_stays_while_the_thing_does(api, things):
    read = [template for template, actions, _view in operations() if actions.get("get") == "retrieve"]
    assert {template.partition("/")[0] for template in read} == KINDS.keys()
    for template in read:
        path = API + template.replace("<uuid:pk>", str(things[KINDS[template.partition("/")[0]]]))
        first = api.get(path)
        assert first.status_code == 200 and first["ETag"] == api.get(path)["ETag"], path
        assert api.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304, path


def test_every_list_comes_in_pages_by_cursor(api, things):
    """Each page says where the next begins; the file of definitions is one text and no list."""
    lists = [template for template, actions, _view in operations() if actions.get("get") == "list"]
    assert len(lists) > 6
    for template in lists:
        answer = api.get(API + template, {"project": "flights", "limit": 1})
        assert answer.status_code == 200, template
        if template != "feature-definitions/":
            assert answer.json().keys() == {"next", "previous", "results"}, template
            assert len(answer.json()["results"]) == 1, template


def test_every_refusal_is_a_problem_with_a_page_that_explains_it(api, things):
    asked = 0
    for template, actions, view in operations():
        assert issubclass(view, PortalViewSet), template
        path = API + template.replace("<uuid:pk>", NOBODY).replace("<slug:period>", "month-2013-03")
        for method in actions:
            answer = getattr(api, method)(path, *([] if method == "get" else ["{}", "application/json"]))
            problem = answer.json()
            assert 400 <= answer.status_code < 500, (method, path)
            assert answer["Content-Type"] == "application/problem+json", (method, path)
            assert problem["status"] == answer.status_code and problem["detail"] and answer["X-Request-Id"]
            slug = problem["type"].rpartition("/docs/problems/")[2]
            assert (settings.ROOT / "docs" / "problems" / f"{slug}.md").exists(), (method, path, problem)
            asked += 1
    assert asked > 40


def test_what_is_made_twice_under_one_key_is_made_once(api, view, carrier, flights):
    """A program whose line broke asks again with the same key, and hears of the thing that is there already."""
    here, uses = {"project": "flights"}, [{"view": str(view.pk), "features": None}]
    read = next(iter(view.inputs.values()))
    count = [{"name": "late_2d", "function": "sum", "column": "late", "seconds": 172_800}]
    windows = {"entity": "carrier", "name": "lateness", "event_time": "moment", "slide_seconds": 600}
    features = [{"name": "much", "expression": "recent_delay > bar"}]
    bodies = {
        "entities/": (Entity, {"name": "plane", "join_keys": ["tail"]}),
        "feature-views/": (
            FeatureView,
            {"entity": "carrier", "name": "x", "sql": stage.SQL, "event_time": "moment", "inputs": {"delays": read}},
        ),
        "feature-windows/": (FeatureView, {**windows, "version_id": str(flights.pk), "aggregations": count}),
        "on-demand-views/": (
            OnDemandView,
            {"name": "y", "request": {"bar": "number"}, "uses": uses, "features": features},
        ),
        "feature-services/": (FeatureService, {"name": "trips", "views": uses}),
        "training-sets/": (
            TrainingSet,
            {"name": "z", "base_version": str(flights.pk), "label": "late", "event_time": "moment", "views": uses},
        ),
        "historical-features/": (
            Retrieval,
            {"base_version": str(flights.pk), "event_time": "moment", "features": ["carrier_delay:*"]},
        ),
    }
    made = {template for template, actions, _view in operations() if actions.get("post") == "create"}
    assert made == bodies.keys()
    for path, (model, body) in bodies.items():
        before, sent = model.objects.count(), json.dumps({**here, **body})
        first, second = (
            api.post(API + path, sent, content_type="application/json", headers={"Idempotency-Key": f"once-{path}"})
            for _time in range(2)
        )
        assert first.status_code in (201, 202), (path, first.json())
        assert (second.status_code, second.json()["id"]) == (first.status_code, first.json()["id"]), path
        assert model.objects.count() == before + 1, path
