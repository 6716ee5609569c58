"""The tab of a feature's drift, and what lies behind each of its points."""

from __future__ import annotations

import pytest

from tests.apps.features.drifting import *  # noqa: F403


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
