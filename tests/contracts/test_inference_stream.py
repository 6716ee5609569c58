"""Every inference stream keeps the port's promises; what stands in it was written as the gateway writes."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
import redis

from apps.monitoring.adapters.valkey import stream_at
from foundation.errors import Unavailable
from gateway.entries import stream_of


@pytest.fixture(params=["valkey"])
def stream(request, settings):
    return {"valkey": lambda: stream_at(settings.REDIS_URL)}[request.param]()


@pytest.fixture
def put(settings):
    """Entries of a tenant, several in one millisecond."""
    client = redis.Redis.from_url(settings.REDIS_URL)

    def write(tenant_id, *entries):
        for entry_id, blob in entries:
            client.xadd(stream_of(tenant_id), {"entry": blob}, id=entry_id)

    return write


THREE = (("7-1", b"one"), ("7-2", b"two"), ("8-0", b"three"))


def test_entries_come_in_order_each_after_the_last(stream, put):
    tenant_id = str(uuid4())
    put(tenant_id, *THREE)
    assert stream.read(tenant_id, after="0-0", count=2) == [("7-1", b"one"), ("7-2", b"two")]
    assert stream.read(tenant_id, after="7-2", count=2) == [("8-0", b"three")]
    assert stream.read(tenant_id, after="8-0", count=2) == []


def test_reading_takes_nothing_away_and_forgetting_takes_up_to_the_entry(stream, put):
    tenant_id = str(uuid4())
    put(tenant_id, *THREE)
    assert stream.read(tenant_id, after="0-0", count=9) == stream.read(tenant_id, after="0-0", count=9)
    assert stream.length(tenant_id) == 3
    stream.forget(tenant_id, upto="7-1")
    assert stream.read(tenant_id, after="0-0", count=9) == [("7-2", b"two"), ("8-0", b"three")]
    stream.forget(tenant_id, upto="7-1")
    assert stream.length(tenant_id) == 2


def test_a_tenant_without_entries_has_an_empty_stream(stream):
    tenant_id = str(uuid4())
    assert (stream.length(tenant_id), stream.read(tenant_id, after="0-0", count=9)) == (0, [])
    stream.forget(tenant_id, upto="7-1")


def test_tenants_do_not_see_each_others_entries(stream, put):
    mine, theirs = str(uuid4()), str(uuid4())
    put(mine, *THREE)
    assert stream.read(theirs, after="0-0", count=9) == []
    stream.forget(theirs, upto="9-0")
    assert stream.length(mine) == 3


def test_setting_aside_is_beside_the_stream_and_twice_the_same_as_once(stream, put):
    tenant_id = str(uuid4())
    put(tenant_id, *THREE)
    for _attempt in range(2):
        stream.set_aside(tenant_id, "7-2", b"two", why="form")
    assert stream.length(tenant_id) == 3


def test_a_broker_that_is_away_is_said_so():
    silent = stream_at("unix:///nowhere/valkey.sock")
    for ask in (
        lambda: silent.read("t", after="0-0", count=1),
        lambda: silent.forget("t", upto="7-1"),
        lambda: silent.set_aside("t", "7-1", b"", why="form"),
        lambda: silent.length("t"),
    ):
        with pytest.raises(Unavailable):
            ask()


@pytest.fixture
def appending(settings):
    """A broker that writes each command down, as in production; where its files lie."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.config_set("appendonly", "yes")
    yield Path(client.config_get("dir")["dir"]) / client.config_get("appenddirname")["appenddirname"]
    client.config_set("appendonly", "no")


def test_files_written_anew_hold_nothing_that_was_dropped(stream, put, appending):
    tenant_id, needle = str(uuid4()), b"CANARY-IN-THE-STREAM"
    assert stream.rewrite_files()
    put(tenant_id, ("7-1", needle), ("7-2", b"kept"))
    stream.forget(tenant_id, upto="7-1")

    def on_disk(wanted):
        return [file.name for file in appending.iterdir() if wanted in file.read_bytes()]

    assert on_disk(needle)
    stream.repack(tenant_id)
    assert stream.rewrite_files()
    assert on_disk(needle) == []
    assert stream.read(tenant_id, after="0-0", count=2) == [("7-2", b"kept")]
    put(tenant_id, ("7-3", b"later"))
    assert on_disk(b"later")


def test_a_broker_that_does_not_know_the_command_says_so(stream, appending, monkeypatch):
    def refused(*_given):
        raise redis.ResponseError("unknown command 'BGREWRITEAOF'")

    monkeypatch.setattr(redis.Redis, "bgrewriteaof", refused)
    assert stream.rewrite_files() is False


def test_what_was_set_aside_is_read_and_dropped_by_its_ids(stream):
    tenant_id = str(uuid4())
    for number, blob in enumerate((b"one", b"two"), start=1):
        stream.set_aside(tenant_id, f"7-{number}", blob, why="form")
    assert stream.aside(tenant_id) == [("7-1", b"one"), ("7-2", b"two")]
    stream.drop_aside(tenant_id, ["7-1"])
    stream.drop_aside(tenant_id, [])
    assert stream.aside(tenant_id) == [("7-2", b"two")]


def test_the_newest_entry_is_named_and_none_where_none_waits(stream, put):
    tenant_id = str(uuid4())
    assert stream.newest(tenant_id) == ""
    put(tenant_id, *THREE)
    assert stream.newest(tenant_id) == "8-0"


def test_a_stream_that_was_repacked_gives_later_entries_later_ids(stream, put, settings):
    tenant_id, client = str(uuid4()), redis.Redis.from_url(settings.REDIS_URL)
    stream.repack(tenant_id)
    put(tenant_id, *THREE)
    stream.forget(tenant_id, upto="7-2")
    stream.repack(tenant_id)
    assert stream.read(tenant_id, after="0-0", count=5) == [("8-0", b"three")]
    stream.forget(tenant_id, upto="8-0")
    stream.repack(tenant_id)
    assert stream.length(tenant_id) == 0
    with pytest.raises(redis.ResponseError, match="equal or smaller"):
        client.xadd(stream_of(tenant_id), {"entry": b"earlier"}, id="8-0")
    put(tenant_id, ("8-1", b"four"))
    assert stream.read(tenant_id, after="8-0", count=5) == [("8-1", b"four")]
