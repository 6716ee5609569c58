"""How fresh a view has to be and how much of it is compared: set on its page, taken back, and by two people at once."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.features import services
from apps.features.api import serializers
from foundation.clock import now
from tests.apps.features.shared import *  # noqa: F403
from tests.support.undo import press_undo, undo

FEATURES = "/t/acme/p/flights/features/"


@pytest.fixture
def client(client_as, scientist):
    return client_as(scientist)


def seen(page):
    """What the form of the page began with, as a browser sends it along."""
    (said,) = re.findall(r'name="seen_before" value="([^"]*)"', page.content.decode())
    return html.unescape(said)


def watched(view):
    view.refresh_from_db()
    return view.skew_share, view.skew_limit


def promised(view):
    view.refresh_from_db()
    return view.freshness_seconds


def test_how_much_is_compared_is_set_on_the_page_and_taken_back(client, client_as, viewer, view):
    post, back = f"{FEATURES}views/{view.pk}/skew/", f"{FEATURES}views/{view.pk}/?tab=skew"
    client.post(post, {"share": "7", "limit": "1"})
    before = watched(view)
    client.get(back)
    assert client.post(post, {"share": "25", "limit": "5"})["Location"] == back
    assert watched(view) == (0.25, 0.05)
    press_undo(client, back)
    assert watched(view) == before == (0.07, 0.01), "to the last digit"
    refused = client.post(post, {"share": "101", "limit": "5"})
    text = refused.content.decode()
    assert (refused.status_code, "less than or equal to 100" in text, 'value="101"' in text) == (422, True, True)
    assert f"watch-feature_view:{view.pk}" not in text, "nothing is swapped in over what was typed"
    assert client.get(post)["Location"] == back, "as after a reload of what was refused"
    assert watched(view) == before
    assert client_as(viewer).post(post, {"share": "25", "limit": "5"}).status_code == 403


def test_how_fresh_a_view_has_to_be_is_said_on_its_page_and_taken_back(client, client_as, viewer, view):
    post, back = f"{FEATURES}views/{view.pk}/freshness/", f"{FEATURES}views/{view.pk}/?tab=online"
    assert client.post(post, {"age": "2", "unit": "hours"})["Location"] == back
    assert promised(view) == 7200
    press_undo(client, back)
    assert promised(view) is None
    for age, unit, sentence in (
        ("0", "hours", "greater than or equal to 1"),
        ("999999", "days", "No event can be held"),
    ):
        refused = client.post(post, {"age": age, "unit": unit})
        text = refused.content.decode()
        assert (refused.status_code, sentence in text, f'value="{age}"' in text) == (422, True, True), age
    assert client.get(post)["Location"] == back
    assert promised(view) is None
    assert client_as(viewer).post(post, {"age": "2", "unit": "hours"}).status_code == 403


@pytest.mark.parametrize(
    ("tab", "path", "first", "second", "told"),
    [
        ("skew", "skew/", {"share": "50", "limit": "1"}, {"share": "5", "limit": "1"}, ("50", "5")),
        ("online", "freshness/", {"age": "2", "unit": "days"}, {"age": "9", "unit": "days"}, ("2", "9")),
    ],
)
def test_whoever_saves_second_is_shown_both_and_overwrites_nothing_unseen(client, view, tab, path, first, second, told):
    here = f"{FEATURES}views/{view.pk}/"
    mine, theirs = (client.get(here, {"tab": tab}) for _each in range(2))
    assert client.post(here + path, {**first, "seen_before": seen(theirs)}).status_code == 303
    client.get(here)
    after = (watched(view), promised(view))
    held = client.post(here + path, {**second, "seen_before": seen(mine)})
    text = held.content.decode()
    assert held.status_code == 422 and "Somebody else saved this while you were changing it" in text
    assert f"they saved “{told[0]}”, you have “{told[1]}”" in text and f'value="{told[1]}"' in text
    assert (watched(view), promised(view)) == after
    again = client.post(here + path, {**second, "seen_before": seen(held)})
    assert again.status_code == 303, "seen once, it is put there"
    assert (watched(view), promised(view)) != after


def test_an_undo_after_somebody_else_has_saved_takes_nothing_of_theirs(client, view, scientist):
    here = f"{FEATURES}views/{view.pk}/"
    client.post(f"{here}skew/", {"share": "50", "limit": "1"})
    notice = client.get(here, {"tab": "skew"}).content.decode()
    services.watch_skew(actor=scientist, view_id=view.pk, share=0.3, limit=0.01)
    assert undo(client, notice).status_code == 422
    assert watched(view) == (0.3, 0.01)
    client.post(f"{here}freshness/", {"age": "2", "unit": "days"})
    notice = client.get(here, {"tab": "online"}).content.decode()
    services.promise_freshness(actor=scientist, view_id=view.pk, seconds=3600)
    assert undo(client, notice).status_code == 422
    assert promised(view) == 3600
    client.get(here)
    client.post(f"{here}freshness/", {"age": "1", "unit": "hours"})
    assert ">Undo<" not in client.get(here).content.decode(), "nothing was changed"


def test_a_save_waits_for_another_of_the_same_page(view, client):
    """It asks for the lock before it reads what is there."""
    here = f"{FEATURES}views/{view.pk}/"
    for path, words in (("skew/", {"share": "9", "limit": "1"}), ("freshness/", {"age": "3", "unit": "days"})):
        with CaptureQueriesContext(connection) as asked:
            client.post(here + path, words)
        said = [query["sql"] for query in asked.captured_queries]
        lock = next(i for i, sql in enumerate(said) if "pg_advisory_xact_lock" in sql and "save /t/" in sql)
        read = next(i for i, sql in enumerate(said) if "features_featureview" in sql)
        assert lock < read, path


def test_an_age_of_some_seconds_that_a_program_has_set_stays_what_it_is(client, view, scientist):
    services.promise_freshness(actor=scientist, view_id=view.pk, seconds=90)
    here = f"{FEATURES}views/{view.pk}/"
    page = client.get(here, {"tab": "online"})
    shown = {name: page.context["freshness_form"][name].value() for name in ("age", "unit")}
    assert shown == {"age": 90, "unit": "seconds"}
    client.post(f"{here}freshness/", {**shown, "seen_before": seen(page)})
    assert promised(view) == 90


def test_whoever_edits_holds_a_tag_that_outlives_a_second(client, view, monkeypatch):
    """The age of the latest event goes by the clock, and is no change of the view."""
    at = f"/api/v1/feature-views/{view.pk}/"
    read, hour = client.get(at), timedelta(hours=1)
    monkeypatch.setattr(serializers, "now", lambda: now() + hour)
    later = client.get(at)
    assert later.json()["event_age_seconds"] >= read.json()["event_age_seconds"] + hour.total_seconds()
    headers = {"If-Match": read["ETag"]}
    edited = client.patch(at, {"description": "As landed"}, content_type="application/json", headers=headers)
    assert edited.status_code == 200, edited.content
    again = client.patch(at, {"description": "Later"}, content_type="application/json", headers=headers)
    assert again.status_code == 412
