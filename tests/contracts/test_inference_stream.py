"""Every inference stream keeps the port's promises; what stands in it was written as the gateway writes."""

from __future__ import annotations

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
