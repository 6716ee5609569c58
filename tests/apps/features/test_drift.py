"""A feature's drift along its event time: of each piece of it, and what lies behind each point."""

from __future__ import annotations

import math
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.features import services
from apps.features.choices import Movement
from apps.features.models import Feature
from tests.apps.datasets.conftest import write_version
from tests.apps.features import stage as rows
from tests.support.classes import said_of
from tests.support.jobs import run_queued
from tests.support.shared import once, project, scientist, shared, tenant

__all__ = ["furnish", "once", "project", "scientist", "shared", "tenant"]

FEATURES = "/t/acme/p/flights/features/"
# How many rows of each month, what is added to their delay, and every how manieth has none.
MONTHS = {1: (205, 0, 0), 2: (500, 0, 0), 3: (500, 4, 3), 5: (20, 0, 0), 9: (500, 0, 0)}
SQL = "SELECT carrier, moment, delay, kind, pilot FROM d"
FEBRUARY, MARCH = "month-2013-02", "month-2013-03"


def lines():
    yield "carrier,moment,delay,kind,pilot"
    for month, (count, more, hole) in MONTHS.items():
        for n in range(count):
            delay = "" if hole and n % hole == 0 else f"{n % 10 + more}"
            kind = "late" if month == 3 and n % 2 else "on time"
            yield f"{('AA', 'DLX')[n % 2]},2013-{month:02d}-{1 + n % 28:02d} {n // 28:02d}:30:00,{delay},{kind},P{n}"


def furnish(stage):
    written = write_version(stage.scientist, stage.project, "delays.csv", "\n".join(lines()).encode())
    version = said_of(written, stage.scientist)
    define = rows.Definer(stage.scientist, stage.project)
    stage.view = define.view(define.entity("carrier"), "delays", SQL, event_time="moment", d=version)
    run_queued()
    stage.view.refresh_from_db()
    services.note_view(view_id=stage.view.pk)


def delay_of(month, n):
    _count, more, hole = MONTHS[month]
    return None if hole and n % hole == 0 else n % 10 + more


def slow(then, now):
    """The index in plain words: shares of the bins, an empty one counted as half a row."""
    total = 0.0
    for before, after in zip(then, now, strict=True):
        if before or after:
            share, other = (before or 0.5) / sum(then), (after or 0.5) / sum(now)
            total += (other - share) * math.log(other / share)
    return total


def delays_in_tenths(month):
    """Tenths of February hold one value each: 0, 1, … and all from 9 on; then what is missing."""
    counts = [0] * 11
    for n in range(MONTHS[month][0]):
        delay = delay_of(month, n)
        counts[10 if delay is None else min(delay, 9)] += 1
    return counts


@pytest.fixture
def view(tenant, shared):
    return shared.view


@pytest.fixture
def feature(view):
    return lambda name="delay": Feature.objects.select_related("view__entity", "project").get(view=view, name=name)


@pytest.fixture
def classify(view, scientist):
    def say(**classes):
        version = datasets.versions_by_id({UUID(next(iter(view.inputs.values())))})[0]
        dataset_services.classify_columns(actor=scientist, version=version, classes=classes)

    return say


def drift(feature, actor, **words):
    return services.drift_over_time(actor=actor, feature=feature, **words)


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


def test_behind_a_point_what_it_is_held_against_is_chosen(feature, client_as, scientist):
    here, web = f"{FEATURES}catalogue/{feature().pk}/drift/", client_as(scientist)
    text = web.get(f"{here}{MARCH}/").content.decode()
    assert f'<option value="{FEBRUARY}" selected>February 2013</option>' in text
    for month in ("month-2013-01", "month-2013-09"):
        assert f'<option value="{month}">' in text
    assert f'value="{MARCH}"' not in text and 'value="month-2013-05"' not in text, "itself, and one with few rows"
    few = web.get(f"{here}{MARCH}/", {"against": "month-2013-05"}).content.decode()
    assert '<option value="month-2013-05" selected>' in few
    odd = web.get(f"{here}{MARCH}/", {"against": "year-2013"})
    assert "March 2013 and 2013 are not of one length" in odd.content.decode()


def test_the_tab_has_the_figures_and_each_leads_to_what_lies_behind_it(feature, client_as, scientist):
    here, web = f"{FEATURES}catalogue/{feature().pk}/", client_as(scientist)
    text = web.get(here, {"tab": "versions"}).content.decode()
    assert "Drift along its event time" in text and "March 2013" in text
    assert f'href="{here}drift/{MARCH}/?against={FEBRUARY}"' in text
    assert text.count("Too few rows to say") == 1 and "No rows" in text and "The reference" in text
    chart = web.get(f"{here}drift.json").json()
    (points,) = chart["data"]
    assert points["customdata"][2] == f"{here}drift/{MARCH}/?against={FEBRUARY}"
    assert points["y"][2] > 0.25 and points["y"][3] is None
    assert "Far from February 2013: 1 of 3 periods." in chart["said"]
    assert (
        f"{here}drift/{MARCH}/?against={FEBRUARY}"
        in web.get(here, {"tab": "versions", "against": "before"}).content.decode()
    )


def test_behind_a_point_lie_both_distributions_the_versions_and_the_rows(feature, view, client_as, scientist):
    here, web = f"{FEATURES}catalogue/{feature().pk}/drift/{MARCH}/", client_as(scientist)
    answer = web.get(here, {"against": FEBRUARY})
    text = answer.content.decode()
    assert "far from those of February 2013" in text and "“\u2068missing\u2069”: 33.4" in text
    assert "167" not in text and f"{FEATURES}views/{view.pk}/" in text
    (version_id,) = view.inputs.values()
    assert f"/data/versions/{version_id}/" in text
    assert "50 of 500, the earliest first" in text and "2013-03-01 00:30:00" in text and "P28" in text
    assert f"{FEATURES}catalogue/{feature().pk}/drift/month-2013-02/?against={FEBRUARY}" in text
    bins = web.get(f"{here}bins.json", {"against": FEBRUARY}).json()
    then, now = bins["data"]
    assert (then["name"], now["name"], now["x"][-1]) == ("February 2013", "March 2013", "missing")
    assert then["y"] == pytest.approx([0.1] * 10 + [0]) and now["y"][-1] == pytest.approx(167 / 500)
    alone = web.get(here).content.decode()
    assert "far from those of February 2013" in alone
    few = web.get(f"{FEATURES}catalogue/{feature().pk}/drift/month-2013-05/").content.decode()
    assert "Too few rows to say: 20." in few and "20 of 20, the earliest first" in few
    none = web.get(f"{FEATURES}catalogue/{feature().pk}/drift/month-2013-04/").content.decode()
    assert "April 2013 has no rows." in none and "There are none." in none


def test_a_piece_of_time_that_cannot_be_is_not_there(feature, client_as, scientist):
    here, web = f"{FEATURES}catalogue/{feature().pk}/drift/", client_as(scientist)
    for name in ("month-2013-13", "week-2013-01-01", "march", "month-2013-03-01", "minute-2013-01-01"):
        assert web.get(f"{here}{name}/").status_code == 404, name
    for against in ("year-2013", "last", "month-2013-13"):
        assert web.get(f"{here}{MARCH}/", {"against": against}).status_code == 404, against


def test_whoever_sees_the_values_masked_sees_counts_and_no_rows(
    feature, classify, client_as, api_as, scientist, viewer
):
    classify(delay="personal")
    web, here = client_as(viewer), f"{FEATURES}catalogue/{feature().pk}/"
    found = drift(feature(), viewer)
    assert found.masked and {one.index for one in found.periods} == {None}
    assert {one.counted.mean for one in found.periods} == {None}
    assert "Masked" in web.get(here, {"tab": "versions"}).content.decode()
    assert web.get(f"{here}drift.json").json()["data"] == []
    behind = f"{here}drift/{MARCH}/?against={FEBRUARY}"
    text = web.get(behind).content.decode()
    assert "Ask an administrator for seeing personal values in clear" in text
    assert "the earliest first" not in text and "2013-03-01" not in text and "≤" not in text
    assert web.get(f"{here}drift/{MARCH}/bins.json").json()["data"] == []
    told = api_as(viewer).get(f"/api/v1/features/{feature().pk}/drift/{MARCH}/").json()
    assert (told["psi"], told["mean"], told["bins"], told["missing"]) == (None, None, [], 167)
    few = {
        one["period"]: one for one in api_as(viewer).get(f"/api/v1/features/{feature().pk}/drift/").json()["periods"]
    }
    assert few["month-2013-05"]["missing"] is None
    # By a week beside its month it would count what is missing in the few days between.
    for other in ("week-2013-03-04", "day-2013-03-04", "year-2013"):
        assert api_as(viewer).get(f"/api/v1/features/{feature().pk}/drift/{other}/").status_code == 404
        assert web.get(f"{here}drift/{other}/").status_code == 404
        assert web.get(f"{here}drift/{other}/bins.json").status_code == 404
        assert client_as(scientist).get(f"{here}drift/{other}/").status_code == 200
    assert "the earliest first" in client_as(scientist).get(behind).content.decode()


def test_other_columns_stay_masked_in_the_rows_behind_a_point(feature, classify, client_as, scientist, viewer):
    classify(pilot="personal")
    here = f"{FEATURES}catalogue/{feature().pk}/drift/{MARCH}/"
    assert "P28" in client_as(scientist).get(here).content.decode()
    text = client_as(viewer).get(here).content.decode()
    assert "50 of 500, the earliest first" in text and "P28" not in text and "•••" in text


def test_along_a_time_that_is_seen_masked_nothing_is_told(feature, classify, client_as, api_as, viewer):
    classify(moment="personal")
    web, here = client_as(viewer), f"{FEATURES}catalogue/{feature().pk}/"
    assert drift(feature(), viewer) is None
    for text in (web.get(here, {"tab": "versions"}), web.get(f"{here}drift/{MARCH}/")):
        assert "You see the event time masked" in text.content.decode()
    assert api_as(viewer).get(f"/api/v1/features/{feature().pk}/drift/").json() == {
        "unit": "",
        "masked": False,
        "periods": [],
    }
    assert api_as(viewer).get(f"/api/v1/features/{feature().pk}/drift/{MARCH}/").status_code == 404


def test_another_project_and_another_tenant_find_nothing(feature, client_as, other_scientist):
    here = f"{FEATURES}catalogue/{feature().pk}/drift/{MARCH}/"
    assert client_as(other_scientist).get(here).status_code in {403, 404}


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
