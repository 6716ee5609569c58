"""What is read online: what opens, which value holds at a moment, and how it is told."""

from __future__ import annotations

import math

import pytest

from runtime.online import NotOurs, Plan, results
from runtime.online.plans import planned
from tests.runtime.online.stage import HOUR, NOW, Kept, put, read, view_of


def told(store, view, *entities, now_us=NOW, wanted=None, masks=None, event_time="at"):
    answer = read(store, [view], *entities, now_us=now_us)
    return results(Plan((planned(view, event_time, wanted, masks or {}),)), entities, answer)


def test_what_was_sealed_for_one_name_opens_under_no_other_though_it_was_read_before():
    view, store = view_of(), Kept()
    mine, other = (put(store, view, {"customer": c}, [NOW, 0, [c, 1.0]]) for c in ("mine", "other"))
    assert read(store, [view], {"customer": "mine"}).features == {"a": ["mine"], "b": [1.0]}
    store[other] = store[mine]
    with pytest.raises(NotOurs):
        read(store, [view], {"customer": "other"})
    store[mine] = store[mine][:3] + b"\x09" + store[mine][4:]
    with pytest.raises(NotOurs):
        read(store, [view], {"customer": "mine"})


def test_of_many_views_and_entities_all_is_asked_at_once_and_what_is_missing_is_said():
    store, views = Kept(), [view_of(features=(f"a{i}",), name=f"v{i}") for i in range(3)]
    for place, view in enumerate(views):
        put(store, view, {"customer": 1}, [NOW - HOUR, 0, [place]])
    answer = read(store, views, {"customer": 1}, {"customer": 2})
    assert store.asked == 1
    assert answer.features == {"a0": [0, None], "a1": [1, None], "a2": [2, None]}
    assert answer.missing == {"v0": [1], "v1": [1], "v2": [1]}
    assert answer.not_online == []
    assert read(store, views).features == {"a0": [], "a1": [], "a2": []}


@pytest.mark.parametrize(
    ("at", "ttl_us", "values", "expired"),
    [
        (NOW - 3 * HOUR, None, None, []),  # before the first
        (NOW - 2 * HOUR, None, ["old"], []),
        (NOW - 1, None, ["old"], []),
        (NOW, None, ["new"], []),
        (NOW + HOUR - 1, None, ["new"], []),
        (NOW + HOUR, None, ["left"], []),
        (NOW + 9 * HOUR, None, ["left"], []),
        (NOW - HOUR, HOUR, ["old"], []),  # exactly as old as it may be, as a join has it
        (NOW - HOUR + 1, HOUR, None, [0]),
        (NOW, HOUR, ["new"], []),
        (NOW + HOUR + HOUR, HOUR, ["left"], []),
        (NOW + HOUR + HOUR + 1, HOUR, None, [0]),
    ],
)
def test_the_value_of_a_moment_is_the_last_that_has_begun_and_still_holds(at, ttl_us, values, expired):
    store, view = Kept(), view_of(features=("a",), ttl_us=ttl_us)
    put(store, view, {"customer": 1}, [NOW - 2 * HOUR, 0, ["old"]], [NOW, 0, ["new"]], [NOW + HOUR, 0, ["left"]])
    (found,) = read(store, [view], {"customer": 1}, now_us=at).views
    assert (found.rows, found.expired) == ([values], expired)


def test_a_value_is_as_old_as_its_event_and_not_as_the_news_of_it():
    store, view = Kept(), view_of(features=("a",), ttl_us=2 * HOUR)
    put(store, view, {"customer": 1}, [NOW, 3 * HOUR, ["late"]])
    (row,) = told(store, view, {"customer": 1})
    assert (row["features"], row["missing"], row["expired"], row["not_online"]) == (
        {"a": None},
        ["now v1"],
        ["now v1"],
        [],
    )
    assert row["event_times"] == {"now v1": "2023-11-14T19:13:20+00:00"}


def test_a_store_that_forgot_is_told_from_a_key_that_is_not_there():
    store, view = Kept(), view_of()
    assert told(store, view, {"customer": 1})[0]["not_online"] == ["now v1"]
    store[view.marker] = b"all"
    (row,) = told(store, view, {"customer": 1})
    assert (row["features"], row["missing"], row["not_online"]) == ({"a": None, "b": None}, ["now v1"], [])


def test_numbers_that_are_not_finite_are_there_in_the_process_and_said_in_json():
    store, view = Kept(), view_of(features=("a", "b", "c", "d"))
    put(store, view, {"customer": 1}, [NOW, 0, [math.nan, -math.inf, 0.0, None], [0, 1]])
    a, b, c, d = (column[0] for column in read(store, [view], {"customer": 1}).features.values())
    assert math.isnan(a) and b == -math.inf and c == 0.0 and d is None
    (row,) = told(store, view, {"customer": 1})
    assert row["features"] == {"a": None, "b": None, "c": 0.0, "d": None}
    assert row["not_finite"] == {"a": "NaN", "b": "-Infinity"}
    masked = told(store, view, {"customer": 1}, masks={"a": "hidden", "at": "hidden"})[0]
    assert masked["features"]["a"] == "•••" and masked["not_finite"] == {"b": "-Infinity"}
    assert masked["event_times"] == {"now v1": "•••"}


def test_only_wanted_features_are_told_each_as_the_caller_may_see_it():
    store, view = Kept(), view_of(features=("mail", "card", "spent", "odd"))
    put(store, view, {"customer": 1}, [NOW, 0, ["ann@example.ae", "4111 1111 1111 1111", 5, "x"]])
    masks = {"mail": "email", "card": "last-4", "odd": "of another release"}
    row = told(store, view, {"customer": 1}, wanted=["mail", "card", "odd"], masks=masks)[0]
    assert row["features"] == {"mail": "a•••@•••.ae", "card": "•••• •••• •••• 1111", "odd": "•••"}
    with pytest.raises(KeyError):
        planned(view, "at", ["none"], {})


def test_a_plan_that_comes_again_keeps_what_was_opened_unless_it_is_another():
    view = view_of()
    plan = Plan((planned(view, "at", ["b"], {"b": "hidden"}),))
    known = {view.id: view}
    again = Plan.parse(plan.as_document(), known)
    assert again.views[0].view is view and again == plan
    other = [{**plan.as_document()[0], "ttl_us": 5}]
    assert Plan.parse(other, known).views[0].view is not view
