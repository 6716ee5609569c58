"""Every online store keeps the port's promises, whichever server it is kept by."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest
import redis

from apps.features.adapters.valkey import store_at
from apps.features.errors import Forgotten, Overtaken
from foundation.errors import Unavailable
from tests.support.redis_server import RedisServer


@pytest.fixture(scope="module")
def redis_url():
    server = RedisServer(password="secret-of-the-test")
    yield f"{server.url}?db=0"
    server.stop()


@pytest.fixture(params=["valkey", "redis"])
def url(request, settings):
    return settings.REDIS_URL if request.param == "valkey" else request.getfixturevalue("redis_url")


@pytest.fixture
def store(url):
    return store_at(url)


@pytest.fixture
def silent():
    """A store whose server is away."""
    return store_at("unix:///nowhere/valkey.sock")


@pytest.fixture
def key():
    """Keys of this test alone."""
    mark = uuid4().hex.encode()
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


ONE, TWO = b"\x00\x00\x00\x01", b"\x00\x00\x00\x02"


def test_who_writes_is_one_and_whoever_was_overtaken_writes_nothing_more(store, key):
    writer = key(b"writer")
    with pytest.raises(Forgotten):
        store.write_as([(key(b"a"), b"early")], writer=writer, number=ONE)
    store.claim(writer, ONE)
    many = [(key(b"%d" % n), b"%d" % n) for n in range(1_001)]
    assert store.write_as(many, writer=writer, number=ONE) == 1_001
    store.claim(writer, TWO)
    assert store.write_as([(key(b"a"), b"new")], writer=writer, number=TWO) == 1
    for write in (
        lambda: store.write_as([(key(b"a"), b"old")], writer=writer, number=ONE),
        lambda: store.claim(writer, ONE),
        lambda: store.check(writer, ONE),
    ):
        with pytest.raises(Overtaken):
            write()
    assert store.read([key(b"a"), key(b"1000")]) == [b"new", b"1000"]
    store.drop([writer])
    with pytest.raises(Forgotten):
        store.check(writer, TWO)
    with pytest.raises(Forgotten):
        store.write_as([(key(b"b"), b"after")], writer=writer, number=TWO)
    assert store.read([key(b"b")]) == [None]


def test_large_values_go_out_in_commands_of_few(store, key):
    values = [bytes([n]) * 200_000 for n in range(30)]
    store.claim(key(b"writer"), ONE)
    pairs = [(key(b"%d" % n), value) for n, value in enumerate(values)]
    before = commands_of(store, b"mset")
    assert store.write_as(pairs, writer=key(b"writer"), number=ONE) == 30
    assert commands_of(store, b"mset") - before == 8
    assert store.read([name for name, _value in pairs]) == values


def commands_of(store, command):
    """How often the server was told this so far."""
    return store._client.info("commandstats").get(f"cmdstat_{command.decode()}", {}).get("calls", 0)


def test_what_an_earlier_number_wrote_is_swept(store, key):
    old, new, other = key(b":1"), key(b":2"), key(b":longer")
    store.write([(old, ONE + b"old"), (new, TWO + b"new"), (other, ONE)], ttl_seconds=None)
    assert store.sweep(key(b":"), head=TWO, name_bytes=len(old)) == 1
    assert store.read([old, new, other]) == [None, TWO + b"new", ONE]
    assert store.room_of([new, old]) > len(new) + 7 and store.room_of([]) == 0


def test_of_large_values_a_sweep_reads_the_beginnings_alone(store, key):
    names = [key(b":%03d" % n) for n in range(60)]
    whole = bytes(200_000)
    store.write([(name, (ONE if n % 3 else TWO) + whole) for n, name in enumerate(names)], ttl_seconds=None)
    before = store._client.info("stats")["total_net_output_bytes"]
    assert store.sweep(key(b":"), head=TWO, name_bytes=len(names[0])) == 40
    assert store._client.info("stats")["total_net_output_bytes"] - before < len(whole)
    assert [n for n, value in enumerate(store.read(names)) if value is not None] == list(range(0, 60, 3))


def test_whoever_is_admitted_reads_under_those_keys_and_nothing_else(store, key, url):
    store.write([(key(b"*:mine"), b"1"), (key(b"other"), b"2")], ttl_seconds=None)
    store.admit("sanad-test-reader", "secret", [key(b"*:")])
    assert store.admitted("sanad-test") == ["sanad-test-reader"]
    path = url.rpartition("@")[2]
    theirs = redis.Redis.from_url(f"unix://sanad-test-reader:secret@{path}")
    assert theirs.mget([key(b"*:mine")]) == [b"1"]
    for asked in (
        lambda: theirs.mget([key(b"*:mine"), key(b"other")]),
        lambda: theirs.set(key(b"*:mine"), b"x"),
        lambda: theirs.keys(),
        lambda: theirs.flushall(),
    ):
        with pytest.raises(redis.exceptions.NoPermissionError):
            asked()
    store.dismiss(["sanad-test-reader"])
    with pytest.raises((redis.AuthenticationError, redis.ConnectionError)):
        theirs.mget([key(b"*:mine")])
