"""Every online store keeps the port's promises."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest

from apps.features.adapters.valkey import store_at
from foundation.errors import Unavailable


@pytest.fixture(params=["valkey"])
def store(request, settings):
    return {"valkey": lambda: store_at(settings.REDIS_URL)}[request.param]()


@pytest.fixture
def silent():
    """A store whose server is away."""
    return store_at("unix:///nowhere/valkey.sock")


@pytest.fixture
def key():
    """Keys of this test alone."""
    mark = uuid4().bytes
    return lambda name: mark + name


def test_values_come_back_in_the_order_of_the_keys(store, key):
    assert store.write([(key(b"a"), b"1"), (key(b"b"), b"\x00\xff")], ttl_seconds=None) == 2
    assert store.read([key(b"b"), key(b"none"), key(b"a"), key(b"b")]) == [b"\x00\xff", None, b"1", b"\x00\xff"]
    assert store.read([]) == []


def test_a_later_value_takes_the_place_of_the_earlier_one(store, key):
    store.write([(key(b"a"), b"old"), (key(b"a"), b"newer")], ttl_seconds=None)
    store.write([(key(b"a"), b"newest")], ttl_seconds=None)
    assert store.read([key(b"a")]) == [b"newest"]


def test_any_number_of_pairs_is_taken_from_whatever_gives_them(store, key):
    pairs = ((key(b"%d" % n), b"%d" % n) for n in range(4_500))
    assert store.write(pairs, ttl_seconds=60) == 4_500
    keys = [key(b"%d" % n) for n in range(4_500)]
    assert store.read(keys)[::1_500] == [b"0", b"1500", b"3000"]
    store.drop(keys)
    assert set(store.read(keys)) == {None}


def test_a_value_is_gone_after_its_time(store, key):
    store.write([(key(b"a"), b"1")], ttl_seconds=1)
    assert store.read([key(b"a")]) == [b"1"]
    end = time.monotonic() + 5
    while store.read([key(b"a")]) != [None]:
        assert time.monotonic() < end, "it is still there"
        time.sleep(0.1)


def test_dropping_what_is_not_there_is_nothing(store, key):
    store.drop([key(b"none")])
    store.drop([])


def test_a_server_that_is_away_is_said_so(silent):
    for ask in (
        lambda: silent.read([b"a"]),
        lambda: silent.write([(b"a", b"1")], ttl_seconds=None),
        lambda: silent.drop([b"a"]),
    ):
        with pytest.raises(Unavailable):
            ask()


def test_keys_are_dropped_by_how_they_begin_whatever_their_bytes(store, key):
    odd = key(b"[a*?\\]-")
    store.write([(odd + b"1", b"x"), (odd + b"2", b"y"), (key(b"[aXX\\]-3"), b"kept")], ttl_seconds=None)
    assert store.drop_beginning(odd) == 2
    assert store.drop_beginning(odd) == 0
    assert store.read([odd + b"1", odd + b"2", key(b"[aXX\\]-3")]) == [None, None, b"kept"]
