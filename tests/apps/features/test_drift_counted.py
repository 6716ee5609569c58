"""What drift costs: how often the rows are read, what is remembered, and what of it a reader of masks may be told."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings

from apps.features import selectors, services
from apps.features.errors import TooMuchToCount
from apps.features.selectors import counting, moving
from apps.features.selectors.measuring import withheld
from apps.features.services import drifting
from apps.features.services.drifting import forget_drift
from foundation import storage
from foundation.lake.adapters.reading import Reading
from tests.apps.features.drifting import *  # noqa: F403


@pytest.fixture
def looks(monkeypatch):
    """The queries that the lake's engine answers."""
    asked = []
    answer = Reading.query

    def noted(self, sql, *args, **words):
        asked.append(sql)
        return answer(self, sql, *args, **words)

    monkeypatch.setattr(Reading, "query", noted)
    return asked


def times(looks, act):
    looks.clear()
    act()
    return len(looks)


def test_the_rows_are_read_twice_and_what_was_counted_is_remembered(
    feature, view, client_as, api_as, viewer, classify, scientist, looks
):
    forget_drift(view)
    here, web = f"{FEATURES}catalogue/{feature().pk}/", client_as(scientist)
    assert times(looks, lambda: web.get(here, {"tab": "versions"})) == 2
    shown = web.get(f"{here}drift.json").json()
    for address in (f"{here}drift.json", f"{here}?tab=versions", f"{here}drift/{MARCH}/bins.json?against={FEBRUARY}"):
        assert times(looks, lambda: web.get(address)) == 0, address  # noqa: B023 - called at once
    # The rows that lie behind a point are read for whoever sees them, and nothing is counted.
    assert times(looks, lambda: web.get(f"{here}drift/{MARCH}/")) == 1
    assert times(looks, lambda: web.get(f"{here}drift.json?against=before")) == 1
    assert times(looks, lambda: web.get(f"{here}drift.json?against=before")) == 0
    assert times(looks, lambda: api_as(scientist).get(f"/api/v1/features/{feature().pk}/drift/")) == 0
    # Others see what they may see of the same counts.
    classify(delay="personal")
    assert times(looks, lambda: client_as(viewer).get(f"{here}drift.json")) == 0
    assert client_as(viewer).get(f"{here}drift.json").json()["data"] == []
    forget_drift(view)
    assert web.get(f"{here}drift.json").json() == shown


def test_periods_of_another_length_are_remembered_apart(feature, view, scientist, looks):
    forget_drift(view)
    week = {"name": "week-2013-03-04", "against": "week-2013-02-04"}

    def sought(**words):
        return services.slice_called(actor=scientist, feature=feature(), **words)

    # Of a length that nobody listed it is asked first how many there are.
    assert times(looks, lambda: sought(**week)) == 3
    found = sought(**week)
    assert times(looks, lambda: sought(**week)) == 0
    assert sought(**week) == found and (found.moved.counted.rows, found.then.rows) == (126, 126)
    assert times(looks, lambda: drift(feature(), scientist)) == 2
    assert drift(feature(), scientist).unit == "month"
    assert times(looks, lambda: sought(**week)) == 0
    forget_drift(view)
    # One that was sought by its address is known where the page lists it.
    sought(name=MARCH, against=FEBRUARY)
    assert times(looks, lambda: drift(feature(), scientist)) == 2
    assert times(looks, lambda: sought(name=MARCH, against=FEBRUARY)) == 0


@pytest.mark.parametrize("name", ["delay", "kind"])
def test_of_more_periods_than_are_kept_only_the_two_that_are_shown_have_figures(
    feature, view, scientist, looks, monkeypatch, name
):
    monkeypatch.setattr(moving, "FEWEST", 100)
    for against in ("first", "before", "week-2013-02-04"):
        asked = {"name": "week-2013-03-04", "against": against}
        sought = partial(services.slice_called, actor=scientist, feature=feature(name), **asked)
        forget_drift(view)
        known = sought()
        assert known.moved.counted.rows == 126 and known.then.rows > 100 and len(known.bins) > 1
        forget_drift(view)
        with monkeypatch.context() as patched:
            patched.setattr(drifting, "MOST_SHOWN", 4)
            # Memory holds the numbers of two weeks, and not those of all rows.
            patched.setattr(drifting, "_ROW_BYTES", (settings.LAKE_MEMORY_MB << 20) // 500)
            assert times(looks, sought) == 3
            assert looks[1].count("TIMESTAMP '2013-") == 4
            assert sought() == known
        assert storage.list(view.tenant_id, view.drift_home) == []


def test_where_counting_takes_too_long_a_sentence_says_so(feature, view, client_as, api_as, scientist, monkeypatch):
    forget_drift(view)
    monkeypatch.setattr(counting, "SECONDS", 0)
    here, web = f"{FEATURES}catalogue/{feature().pk}/", client_as(scientist)
    tab, behind = web.get(here, {"tab": "versions"}), web.get(f"{here}drift/{MARCH}/")
    rest = api_as(scientist).get(f"/api/v1/features/{feature().pk}/drift/")
    assert (tab.status_code, behind.status_code, rest.status_code) == (200, 409, 409)
    said = "How far it moved is not told: counting its 1,725 rows takes longer than the 10 seconds that a page waits"
    assert said in tab.content.decode() and said in behind.content.decode() and said in rest.json()["detail"]
    assert "Drift along its event time" in tab.content.decode()
    assert storage.list(view.tenant_id, view.drift_home) == []


def test_periods_are_remembered_where_only_the_pairs_take_too_long(feature, view, scientist, looks, monkeypatch):
    known = drift(feature(), scientist)
    forget_drift(view)
    count_pairs = drifting.count_pairs

    def slowly(*asked):
        monkeypatch.setattr(counting, "SECONDS", 0)
        return count_pairs(*asked)

    monkeypatch.setattr(drifting, "count_pairs", slowly)
    with pytest.raises(TooMuchToCount, match="takes longer than the"):
        drift(feature(), scientist)
    monkeypatch.setattr(counting, "SECONDS", 10)
    monkeypatch.setattr(drifting, "count_pairs", count_pairs)
    assert times(looks, lambda: drift(feature(), scientist)) == 1
    assert drift(feature(), scientist) == known


def test_one_is_counted_at_a_time_and_what_is_known_waits_for_nobody(feature, view, scientist, looks, monkeypatch):
    known = drift(feature(), scientist)
    monkeypatch.setattr(drifting, "_TURN_SECONDS", 0.01)
    with drifting._counting:
        assert drift(feature(), scientist) == known
        forget_drift(view)
        with pytest.raises(TooMuchToCount, match="other rows are being counted just now"):
            times(looks, lambda: drift(feature(), scientist))
        assert looks == []
    assert drift(feature(), scientist) == known


def test_what_somebody_named_makes_way_for_the_pairs_of_a_page(feature, view, scientist, looks, monkeypatch):
    forget_drift(view)
    monkeypatch.setattr(drifting, "_MOST_PAIRS", 4)
    services.slice_called(actor=scientist, feature=feature(), name=MARCH, against=FEBRUARY)
    services.slice_called(actor=scientist, feature=feature(), name=FEBRUARY, against=MARCH)
    named = {"name": MARCH, "against": "month-2013-01"}
    services.slice_called(actor=scientist, feature=feature(), **named)
    assert times(looks, lambda: services.slice_called(actor=scientist, feature=feature(), **named)) == 0


def test_memory_is_asked_for_the_rows_of_a_period_that_is_beyond_those_listed(
    feature, view, scientist, looks, monkeypatch
):
    asked = {"name": "week-2013-03-04", "against": "week-2013-02-04"}
    sought = partial(services.slice_called, actor=scientist, feature=feature(), **asked)
    known = sought()
    monkeypatch.setattr(drifting, "MOST_SHOWN", 2)
    monkeypatch.setattr(counting, "_MOST_PERIODS", 3)
    forget_drift(view)
    found = sought()
    assert (found.moved, found.then, found.bins) == (known.moved, known.then, known.bins)
    monkeypatch.setattr(drifting, "_ROW_BYTES", (settings.LAKE_MEMORY_MB << 20) // 100)
    with pytest.raises(TooMuchToCount, match="takes longer than the"):
        times(looks, sought)
    assert not [sql for sql in looks if "quantile" in sql]


def test_where_the_store_takes_nothing_what_was_counted_is_told_all_the_same(feature, view, scientist, caplog):
    known = drift(feature(), scientist)
    forget_drift(view)
    folder = Path(settings.OBJECT_STORE_URL.removeprefix("file://"), view.tenant_id.hex, view.drift_home)
    shutil.rmtree(folder)
    folder.write_text("A file, where a folder belongs.")
    try:
        assert drift(feature(), scientist) == known
    finally:
        folder.unlink()
    said = [one.getMessage() for one in caplog.records if one.name == "sanad.features"]
    assert {one.rpartition(" cannot be ")[2] for one in said} == {
        "read; it is counted anew.",
        "kept; the next page counts it anew.",
    }
    assert drift(feature(), scientist) == known
    assert len(storage.list(view.tenant_id, view.drift_home)) == 1


def test_numbers_of_more_rows_than_memory_holds_are_not_read_at_all(feature, view, scientist, looks, monkeypatch):
    forget_drift(view)
    monkeypatch.setattr(drifting, "_ROW_BYTES", 1 << 30)
    with pytest.raises(TooMuchToCount, match="more memory than the lake's engine has"):
        drift(feature(), scientist)
    assert looks == []
    assert times(looks, lambda: drift(feature("kind"), scientist)) == 2
    monkeypatch.undo()
    assert drift(feature(), scientist).unit == "month"


def test_with_a_project_goes_what_was_counted(view, tenant, project):
    gone = services.FeatureFarewell().outside(tenant, project.pk).objects
    assert view.drift_home in gone


def test_what_few_rows_miss_is_not_told_by_what_the_others_and_the_whole_miss(
    feature, view, classify, client_as, api_as, scientist, viewer
):
    classify(delay="personal")
    pieces = selectors.over_time(view, "delay", actor=viewer)
    # May has 20 rows; without January, too, its missing values were those of the whole less those of the others.
    assert [(one.rows, one.missing is None) for one in pieces] == [
        *[(205, True), (500, False), (500, False), (20, True), (500, False)]
    ]
    assert not [one for one in selectors.over_time(view, "delay", actor=scientist) if one.missing is None]
    here = f"{FEATURES}catalogue/{feature().pk}/"
    shown = client_as(viewer).get(f"{here}time.json").json()
    assert shown["data"][0]["y"] == [None, 500, 333, None, 500]
    assert shown["said"].startswith("1,500 rows; 11.1") and "You see them masked" in shown["said"]
    told = api_as(viewer).get(f"/api/v1/features/{feature().pk}/drift/").json()["periods"]
    assert {one["period"]: one["missing"] for one in told if one["rows"]} == {
        "month-2013-01": None,
        FEBRUARY: 0,
        MARCH: 167,
        "month-2013-05": None,
        "month-2013-09": 0,
    }
    january = api_as(viewer).get(f"/api/v1/features/{feature().pk}/drift/month-2013-01/").json()
    assert (january["rows"], january["missing"]) == (205, None)


@pytest.mark.parametrize(
    ("rows", "every", "kept_back"),
    [
        ([60, 70], 130, set()),
        ([60, 70], 140, {0}),
        ([70, 20, 60], 150, {1, 2}),
        ([20, 40, 60], 120, {0, 1}),
        ([20, 60], 500, {0}),
        ([50], 50, set()),
        ([49], 49, {0}),
        ([], None, set()),
    ],
)
def test_what_is_kept_back_together_has_as_many_rows_as_what_is_told(rows, every, kept_back):
    assert withheld(rows, every) == kept_back
