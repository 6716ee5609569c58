"""Every queue of samples of what was served keeps the port's promises, whichever server it is kept by."""

from __future__ import annotations

from uuid import uuid4

import pytest

from apps.features.adapters.samples import queue_at
from foundation.errors import Unavailable
from tests.support.redis_server import RedisServer


@pytest.fixture(params=["valkey", "redis"])
def queue(request, settings):
    if request.param == "valkey":
        yield queue_at(settings.REDIS_URL)
        return
    server = RedisServer()
    yield queue_at(server.url)
    server.stop()


def test_samples_are_taken_in_their_order_from_a_place_on_and_forgotten_up_to_one(queue):
    tenant, other = uuid4(), uuid4()
    queue.put(tenant, [b"1", b"2", b"3"])
    queue.put(other, [b"theirs"])
    first, second = queue.after(tenant, "", 2)
    assert (first[1], second[1]) == (b"1", b"2")
    assert [sample for _place, sample in queue.after(tenant, second[0], 10)] == [b"3"]
    queue.forget(tenant, second[0])
    assert [sample for _place, sample in queue.after(tenant, "", 10)] == [b"3"]
    assert [sample for _place, sample in queue.after(other, "", 10)] == [b"theirs"]


def test_a_queue_whose_server_is_away_says_so():
    with pytest.raises(Unavailable):
        queue_at("unix:///nowhere/valkey.sock").put(uuid4(), [b"1"])
