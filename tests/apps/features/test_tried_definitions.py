"""A plan runs what would be computed: windows by their kernel over events, expressions over rows of their views."""

from __future__ import annotations

import pytest

from apps.datasets import services as datasets
from apps.datasets.selectors import get_version
from apps.features import services
from apps.features.models import FeatureView, OnDemandView
from apps.features.services.definitions import planning
from apps.features.services.on_demand.trying import notes_on_expressions
from apps.features.services.windows import trying
from apps.features.services.windows.kernel import change_points_sql
from foundation.lake.adapters.reading import Reading
from tests.apps.features import stage

WINDOWS = """\
entities:
  carrier:
    join_keys: {carrier: text}

windows:
  lately:
    entity: carrier
    source: {dataset: delays.csv}
    sql: |
      SELECT carrier, moment, delay, NULL::DOUBLE AS fuel, moment + INTERVAL 3 DAY AS heard FROM events
    event_time: moment
    slide_seconds: 3600
    aggregations:
      flights_day: {function: count, seconds: 86400}
      median_day: {function: quantile, column: delay, seconds: 86400, quantile: 0.5}
      fuel_day: {function: mean, column: fuel, seconds: 86400}
"""
ON_DEMAND = """\
on_demand:
  trip:
    request: {seats: whole number, day: date}
    uses:
      carrier_delay: [recent_delay]
    features:
      each: recent_delay / max(seats, 1)
      never: log(0 - abs(recent_delay))
      weekday: weekday(day)
      no_seat: seats / 0
"""


@pytest.fixture
def notes(scientist, project):
    """What the plan of a file says beside each of its steps."""

    def noted(text, actor=scientist):
        plan = services.plan_definitions(actor=actor, project=project, text=text)
        return {step.name: step.notes for step in plan.steps}

    return noted


def test_windows_are_tried_by_the_kernel_over_their_events(notes, written):
    written("delays.csv", stage.DELAYS)
    missing = ("Over the first events “fuel_day” is missing throughout. Is it of the right column?",)
    assert notes(WINDOWS)["lately"] == missing
    assert notes(WINDOWS.replace("NULL::DOUBLE", "delay * 2"))["lately"] == ()

    late = WINDOWS.replace("NULL::DOUBLE", "delay")
    late = late.replace("event_time: moment", "event_time: moment\n    created_column: heard")
    (said,) = notes(late)["lately"]
    assert said.startswith("Over the first events no window holds anything:")
    assert notes(late.replace("3 DAY", "3 HOUR"))["lately"] == ()
    assert not FeatureView.objects.exists()


def test_a_kernel_that_fails_over_the_events_is_a_note_of_its_step(notes, written, monkeypatch):
    written("delays.csv", stage.DELAYS)
    fails = "SELECT * REPLACE (error('no') AS flights_day) FROM ({})"
    monkeypatch.setattr(trying, "change_points_sql", lambda plan: fails.format(change_points_sql(plan)))
    (said,) = notes(WINDOWS)["lately"]
    assert said.startswith("Over the first events the windows could not be computed: A query of the portal's own")


def test_expressions_are_tried_over_rows_of_their_views_and_values_of_a_request(notes, view):
    said = "Tried with some values of our own for what a request brings, “never”, “no_seat” is missing throughout."
    assert notes(ON_DEMAND)["trip"] == (f"{said} Is that what is meant?",)
    plain = ON_DEMAND.replace("    request: {seats: whole number, day: date}\n", "").split("      weekday")[0]
    plain = plain.replace("max(seats, 1)", "2")
    assert notes(plain)["trip"] == (
        "Over the first rows of its views “never” is missing throughout. Is that what is meant?",
    )
    assert not OnDemandView.objects.exists()


def test_of_a_view_without_rows_and_of_what_is_masked_nothing_is_tried(notes, queued_view, run_jobs, scientist, viewer):
    text = ON_DEMAND.replace("      no_seat: seats / 0\n", "")
    assert notes(text)["trip"] == ()
    run_jobs()
    assert "“never”" in notes(text)["trip"][0]

    services.apply_definitions(actor=scientist, project=queued_view.project, text=text)
    made = OnDemandView.objects.get()
    assert "“never”" in notes_on_expressions(viewer, made)[0]
    version = get_version(actor=scientist, version_id=queued_view.inputs["delays"])
    classes = {one["name"]: "public" for one in version.schema}
    datasets.classify_columns(actor=scientist, version=version, classes={**classes, "delay": "personal"})
    assert notes_on_expressions(viewer, made) == ()


def test_rows_are_asked_for_before_the_project_is_held_and_not_again(notes, view, monkeypatch):
    asked, query, lock = [], Reading.query, planning.lock_project

    def heard(self, sql, *rest):
        asked.append(sql)
        return query(self, sql, *rest)

    monkeypatch.setattr(Reading, "query", heard)
    monkeypatch.setattr(planning, "lock_project", lambda **of: (asked.append("lock"), lock(**of)))
    whole = WINDOWS + ON_DEMAND
    notes(whole)
    assert asked.count("lock") == 1 and len(asked) > 2
    assert asked[-1] == "lock"
