"""Of a feature's drift whoever sees values masked sees counts alone, and who sees nothing finds nothing."""

from __future__ import annotations

from tests.apps.features.drifting import *  # noqa: F403


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
