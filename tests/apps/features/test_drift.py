"""A feature's drift along its event time: each piece of it beside another, by the index of monitors."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.datasets import selectors as datasets
from apps.features import services
from apps.features.choices import Movement
from apps.features.models import Feature
from tests.apps.features import stage as rows
from tests.apps.features.drifting import *  # noqa: F403
from tests.support.jobs import run_queued


def test_each_month_is_held_against_the_first_full_one_by_the_index_of_monitors(feature, scientist):
    found = drift(feature(), scientist)
    assert (found.unit, str(found.reference)) == ("month", FEBRUARY)
    told = {str(one.period): one for one in found.periods}
    assert list(told) == [f"month-2013-{month:02d}" for month in range(1, 10)]
    february = delays_in_tenths(2)
    for month in (1, 3, 9):
        index = told[f"month-2013-{month:02d}"].index
        assert index == pytest.approx(slow(february, delays_in_tenths(month)))
    assert [told[name].level for name in ("month-2013-01", MARCH)] == [Movement.STEADY, Movement.FAR]
    assert (told[MARCH].counted.missing, told[MARCH].counted.mean) == (167, pytest.approx(8.5, abs=0.1))
    assert told[FEBRUARY].is_reference and told[FEBRUARY].index is None
    for few, count in (("month-2013-05", 20), ("month-2013-04", 0)):
        assert (told[few].counted.rows, told[few].index, told[few].level) == (count, None, Movement.UNKNOWN)


def test_texts_are_held_against_their_frequent_values(feature, scientist):
    told = {str(one.period): one for one in drift(feature("kind"), scientist).periods}
    assert told[MARCH].index == pytest.approx(slow([500, 0, 0], [250, 250, 0]))
    assert told["month-2013-09"].index == 0


def test_the_month_before_is_the_last_one_with_rows_enough(feature, scientist):
    found = drift(feature(), scientist, against="before")
    held = {str(one.period): str(one.against) for one in found.periods if one.against}
    assert found.reference is None
    assert (held[FEBRUARY], held[MARCH], held["month-2013-09"]) == ("month-2013-01", FEBRUARY, MARCH)
    told = {str(one.period): one for one in found.periods}
    assert told[MARCH].index == pytest.approx(slow(delays_in_tenths(2), delays_in_tenths(3)))
    assert told["month-2013-09"].level == Movement.FAR
    assert "month-2013-01" not in held


def test_all_are_held_against_a_period_that_is_chosen(feature, client_as, api_as, scientist):
    found = drift(feature(), scientist, against=MARCH)
    told = {str(one.period): one for one in found.periods}
    assert str(found.reference) == MARCH and told[MARCH].is_reference and told[MARCH].level == Movement.UNKNOWN
    one = services.slice_called(actor=scientist, feature=feature(), name="month-2013-09", against=MARCH)
    assert told["month-2013-09"].index == one.moved.index > 0.25
    here, web = f"{FEATURES}catalogue/{feature().pk}/", client_as(scientist)
    text = web.get(here, {"tab": "versions", "against": MARCH}).content.decode()
    assert f'<option value="{MARCH}" selected>March 2013</option>' in text
    assert f'href="{here}drift/month-2013-09/?against={MARCH}"' in text
    assert "Far from March 2013: 3 of 3 periods." in web.get(f"{here}drift.json", {"against": MARCH}).json()["said"]
    rest, asked = api_as(scientist), f"/api/v1/features/{feature().pk}/drift/"
    assert {one["against"] for one in rest.get(asked, {"against": MARCH}).json()["periods"]} == {MARCH}
    for against, said in (
        ("month-2013-05", "Nothing is held against May 2013"),  # it has 20 rows
        ("month-2014-01", "Nothing is held against January 2014"),
        ("week-2013-03-04", "Nothing is held against the week of 4 March 2013"),
        ("last", "called like month-2013-03"),
    ):
        assert rest.get(asked, {"against": against}).status_code == 422, against
        text = web.get(here, {"tab": "versions", "against": against}).content.decode()
        assert said in text and "Hold them against the first full period" in text and "The versions" not in text


def test_rest_tells_the_same(feature, api_as, scientist):
    web, here = api_as(scientist), f"/api/v1/features/{feature().pk}/drift/"
    told = web.get(here).json()
    by_name = {one["period"]: one for one in told["periods"]}
    assert (told["unit"], by_name[MARCH]["level"], by_name[MARCH]["against"]) == ("month", "drifted", FEBRUARY)
    assert by_name[MARCH]["psi"] == pytest.approx(slow(delays_in_tenths(2), delays_in_tenths(3)))
    one = web.get(f"{here}{MARCH}/", {"against": FEBRUARY}).json()
    assert one["psi"] == pytest.approx(by_name[MARCH]["psi"])
    assert sum(bin["adds"] for bin in one["bins"]) == pytest.approx(one["psi"])
    assert [bin["now"] for bin in one["bins"]] == delays_in_tenths(3)
    assert (one["then"]["rows"], one["rows"]) == (500, 500)
    assert web.get(here, {"against": "never"}).status_code == 422


def test_the_periods_are_counted_without_a_query_each(feature, client_as, scientist):
    web, here = client_as(scientist), f"{FEATURES}catalogue/{feature().pk}/"
    for address, most in ((f"{here}?tab=versions", 38), (f"{here}drift/{MARCH}/", 44), (f"{here}drift.json", 29)):
        web.get(address)
        with CaptureQueriesContext(connection) as asked:
            assert web.get(address).status_code == 200
        assert len(asked) <= most, (address, len(asked))


def test_what_is_computed_when_asked_for_moves_along_the_times_of_its_training_set(
    view, project, scientist, client_as, viewer, classify
):
    derived = services.define_on_demand(
        actor=scientist,
        project=project,
        name="context",
        uses=[{"view": str(view.pk), "features": None}],
        request={},
        features=[{"name": "twice", "expression": "delay * 2"}],
    )
    (version_id,) = view.inputs.values()
    made = rows.Definer(scientist, project).training_set(
        datasets.get_version(actor=scientist, version_id=UUID(version_id)),
        "labels",
        label="kind",
        event_time="moment",
        features=[],
        views=[{"view": view.pk, "features": ["delay"]}],
        on_demand=[{"id": str(derived.pk), "features": ["twice"]}],
    )
    services.note_on_demand(on_demand_id=derived.pk)
    feature = Feature.objects.get(on_demand=derived)
    assert drift(feature, scientist) is None
    run_queued()
    made.refresh_from_db()
    services.note_training_set(training_set_id=made.pk)
    feature.refresh_from_db()
    told = {str(one.period): one for one in drift(feature, scientist).periods}
    assert (str(told[MARCH].against), told[MARCH].level) == (FEBRUARY, Movement.FAR)
    here = f"{FEATURES}catalogue/{feature.pk}/"
    assert f"{here}drift/{MARCH}/" in client_as(scientist).get(here, {"tab": "versions"}).content.decode()
    text = client_as(scientist).get(f"{here}drift/{MARCH}/").content.decode()
    assert f"{FEATURES}training-sets/{made.pk}/" in text and f"{FEATURES}views/{view.pk}/" in text
    assert "the earliest first" in text and "__event" not in text
    classify(delay="personal")
    text = client_as(viewer).get(f"{here}drift/{MARCH}/").content.decode()
    assert "Ask an administrator" in text and "the earliest first" not in text
