"""Whoever defines features over REST is told which are there already by the same name, as a plan tells it."""

from __future__ import annotations

import pytest

from apps.features import services
from tests.apps.features.shared import *  # noqa: F403
from tests.apps.features.stage import SQL

SAID = "A feature “recent_delay” is there already, in “carrier_delay v1”: look whether it is the one you want."
ABOUT = {"project": "flights", "entity": "carrier", "event_time": "moment"}


@pytest.fixture
def post(api_as, scientist, view):
    """What is answered to a definition; the features of the view are in the catalogue."""
    services.note_view(view_id=view.pk)

    def sent(path, **words):
        answer = api_as(scientist).post(f"/api/v1/{path}/", words, content_type="application/json")
        assert answer.status_code in {201, 202}, answer.content
        return answer.json()

    return sent


@pytest.fixture
def of_sql(view):
    return {**ABOUT, "sql": SQL, "inputs": {"delays": view.inputs["delays"]}}


def test_a_view_of_sql_says_so_when_it_is_defined(post, of_sql):
    made = post("feature-views", name="twin", **of_sql)
    assert (made["similar"], made["warnings"]) == ([SAID], [])


def test_of_other_names_and_of_a_next_version_nothing_is_said(post, of_sql):
    other = {**of_sql, "sql": "SELECT carrier, moment, delay AS other FROM delays"}
    assert post("feature-views", name="twin", **other)["similar"] == []
    again = post("feature-views", name="carrier_delay", **{**of_sql, "ttl_seconds": 60})
    assert (again["number"], again["similar"]) == (2, [])


def test_windows_and_on_demand_features_say_so_too(post, view, api_as, scientist):
    hour = 3_600
    one = {"name": "recent_delay", "function": "mean", "column": "delay", "seconds": 2 * hour}
    words = {**ABOUT, "name": "lately", "version_id": view.inputs["delays"], "slide_seconds": hour}
    assert post("feature-windows", **words, aggregations=[one])["similar"] == [SAID]
    computed = [{"name": "recent_delay", "expression": "1 + 1"}, {"name": "mine", "expression": "1 + 2"}]
    words = {"project": "flights", "name": "made", "features": computed}
    made = post("on-demand-views", **words)
    assert made["similar"] == [SAID]
    # Features of the same name that somebody defines elsewhere are no change of these, so no ETag changes by them.
    assert "similar" not in api_as(scientist).get(f"/api/v1/on-demand-views/{made['id']}/").json()
