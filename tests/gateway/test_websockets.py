"""Websockets go through to the portal's live server, with its words and its codes."""

from __future__ import annotations

import json

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.gateway.stage import Stage, wait_until


def _open(stage: Stage, path: str = "/ws/?tenant=acme", **more):
    return connect(f"ws://127.0.0.1:{stage.port}{path}", **more)


def test_text_and_bytes_come_back(shared: Stage) -> None:
    with _open(shared) as wire:
        wire.send("سند")
        assert wire.recv() == "سند"
        wire.send(b"\x00\x01" * 5000)
        assert wire.recv() == b"\x00\x01" * 5000


def test_host_origin_and_cookie_arrive_and_forged_addresses_do_not(shared: Stage) -> None:
    given = {"Cookie": "session=1", "X-Forwarded-For": "6.6.6.6"}
    with _open(shared, additional_headers=given, origin="http://example.org") as wire:
        wire.send("headers")
        told = json.loads(wire.recv())
    assert told["cookie"] == "session=1" and told["origin"] == "http://example.org"
    assert told["host"] == f"127.0.0.1:{shared.port}" and told["x-forwarded-for"] == "127.0.0.1"


def test_subprotocol_is_agreed_with_the_portal(shared: Stage) -> None:
    with _open(shared, subprotocols=["sanad.v1", "other"]) as wire:
        assert wire.subprotocol == "sanad.v1"


def test_the_portals_closing_code_reaches_the_browser(shared: Stage) -> None:
    with _open(shared) as wire:
        wire.send("close")
        with pytest.raises(ConnectionClosed):
            wire.recv()
        assert wire.close_code == 4001


def test_a_browser_that_leaves_is_seen_to_leave(shared: Stage) -> None:
    with _open(shared) as wire:
        wire.close(code=4242)
    wait_until(lambda: "socket left 4242" in shared.events())


@pytest.mark.parametrize(("path", "status"), [("/ws/denied", 403), ("/other/", 404), ("/internal/x", 404)])
def test_what_is_denied_is_denied_before_it_opens(shared: Stage, path: str, status: int) -> None:
    with pytest.raises(InvalidStatus) as refusal, _open(shared, path):
        pass
    assert refusal.value.response.status_code == status


def test_a_live_server_that_is_away_or_goes_away(stage: Stage) -> None:
    stage.start_gateway()
    with pytest.raises(InvalidStatus) as refusal, _open(stage):
        pass
    assert refusal.value.response.status_code == 503
    stage.start_live()
    with _open(stage) as wire:
        wire.send("here")
        assert wire.recv() == "here"
        stage.kill("live")
        with pytest.raises(ConnectionClosed):
            wire.recv(timeout=5)
        assert wire.close_code == 1012
