"""A store that takes the question and says nothing."""

from __future__ import annotations

import asyncio
import socket

import pytest

from runtime.online import AsyncValkey, StoreAway, Valkey


@pytest.fixture
def silent():
    """Its address, and how many came to it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)

        def came() -> int:
            for number in range(100):
                try:
                    server.accept()[0].close()
                except BlockingIOError:
                    return number
            raise AssertionError("a hundred came")

        yield f"redis://127.0.0.1:{server.getsockname()[1]}", came


def test_silence_ends_with_a_sentence_and_is_not_asked_again(silent):
    url, came = silent

    with pytest.raises(StoreAway, match="in time"):
        Valkey(url, within_s=0.05).read([b"a"])
    assert came() == 1

    with pytest.raises(StoreAway, match="in time"):
        asyncio.run(AsyncValkey(url, within_s=0.05).read([b"a"]))
    assert came() == 1
