"""Which keys are one, and which name each has in the store."""

from __future__ import annotations

import math
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from runtime.online import KeyRefused, text_of
from tests.runtime.online.stage import Kept, read, view_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "7"),
        ("7", "7"),
        (7.0, "7"),
        (Decimal("7.00"), "7"),
        (7.5, "7.5"),
        (Decimal("7.50"), "7.50"),
        ("07", "07"),
        (-0.0, "0"),
        (True, "true"),
        (10**20, "100000000000000000000"),
        (date(2024, 2, 3), "2024-02-03"),
        (datetime(2024, 2, 3, 4, 5), "2024-02-03T04:05:00"),
        (datetime(2024, 2, 3, 8, 5, tzinfo=timezone(timedelta(hours=4))), "2024-02-03T04:05:00"),
        ("", ""),
        (None, None),
        (math.nan, None),
        (math.inf, None),
        ([7], None),
        ({"a": 1}, None),
        (b"7", None),
    ],
)
def test_a_key_is_one_text_however_it_is_written(value, text):
    """And a name is found under it in every way of asking, one by one and by columns."""
    view = view_of()
    if text is None:
        with pytest.raises(KeyRefused):
            view.names.of([{"customer": value}])
        return
    assert text_of(value) == text
    assert view.names.of([{"customer": value}]) == view.names.of([{"customer": text}])
    assert view.names.of_columns([[value]]) == view.names.of([{"customer": text}])


def test_one_and_true_are_two_keys_though_python_holds_them_for_equal():
    view = view_of()
    one, true = view.names.of([{"customer": 1}]), view.names.of([{"customer": True}])
    assert one != true
    assert view.names.of([{"customer": True}, {"customer": 1}]) == [*true, *one]


def test_keys_of_several_columns_run_into_no_other():
    view = view_of(keys=("x", "y"))
    pairs = [
        {"x": "a", "y": "bc"},
        {"x": "ab", "y": "c"},
        {"x": "", "y": "abc"},
        {"x": 1, "y": True},
        {"x": True, "y": 1},
    ]
    assert len(set(view.names.of(pairs))) == len(pairs)
    assert view.names.of_columns([["a", "ab"], ["bc", "c"]]) == view.names.of(pairs[:2])


ODD_KEYS = [
    "7",
    "k" * 16,
    "k" * 17,
    "",
    "\x00",
    "a\x00",
    "a",
    "a\x1fb",
    "a\x1f",
    "\x1f",
    " a",
    "a ",
    "é",
    "é" * 16,
    "k" * 900,
]


@pytest.mark.parametrize("keys", [("x",), ("x", "y"), ("x", "y", "z")])
def test_a_key_has_one_name_alone_among_others_and_by_columns_and_no_other_has_it(keys):
    """Short ones are made together and long ones singly; which is which hangs on the key alone."""
    view, drawn = view_of(keys=keys), random.Random(len(keys))
    rows = {tuple(drawn.choice(ODD_KEYS) for _key in keys) for _row in range(300)}
    entities = [dict(zip(keys, row, strict=True)) for row in rows]
    names = view.names.of(entities)
    assert len(set(names)) == len(rows)
    assert [view.names.of([entity])[0] for entity in entities] == names
    assert view.names.of_columns([list(column) for column in zip(*rows, strict=True)]) == names
    assert {len(name) for name in names} == {len(view.prefix) + 16}
    short = [entity for entity in entities if all(len(value) < 5 and value.isalnum() for value in entity.values())]
    assert view.names.of(short) == [names[entities.index(entity)] for entity in short]


def test_other_views_and_other_secrets_give_other_names():
    found = [view.names.of([{"customer": key}])[0] for view in (view_of(), view_of()) for key in ("7", "k" * 99)]
    assert len({name[-16:] for name in found}) == 4


@pytest.mark.parametrize(
    ("entity", "why", "key"),
    [
        ({}, "missing", "x"),
        ({"x": 10**5_000, "y": 1}, "kind", "x"),
        ({"x": "1"}, "missing", "y"),
        ({"x": None, "y": 1}, "missing", "x"),
        ({"x": "1", "y": "é" * 600}, "long", "y"),
        ({"x": "k" * 10_000, "y": 1}, "long", "x"),
        ({"x": "\ud800", "y": "1"}, "kind", "x"),
        ({"x": [1], "y": 1}, "kind", "x"),
    ],
)
def test_a_key_that_names_nothing_is_refused_with_its_place(entity, why, key):
    with pytest.raises(KeyRefused) as refused:
        read(Kept(), [view_of(keys=("x", "y"))], {"x": "1", "y": "2"}, entity)
    assert (refused.value.why, refused.value.key, refused.value.place) == (why, key, 1)


def test_many_threads_find_the_same_names():
    view = view_of(features=("a",))
    alone = replace(view).names
    entities = [[{"customer": number} for number in range(start, start + 200)] for start in range(0, 8_000, 200)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(view.names.of, entities))
    assert found == [alone.of(some) for some in entities]
