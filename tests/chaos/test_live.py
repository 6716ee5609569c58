"""Live messages over a real server: Valkey and the websocket process may die, and pages miss nothing of the ledger."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import unix_connect

from foundation import ledger, live
from foundation.live import publisher
from foundation.tenancy import scope
from tests.chaos.workers import ROOT, Valkey, wait_for
from tests.foundation.live.conftest import ThingMoved
from tests.foundation.live.pages import make_token
from tests.support.people import make_person, make_tenant

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


class Server:
    """The websocket process."""

    def __init__(self, folder, redis_url):
        self.socket, self.log = folder / "live.sock", folder / "live.log"
        self.environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}", "REDIS_URL": redis_url}

    def start(self):
        command = [sys.executable, "-m", "uvicorn", "portal.asgi:application", "--uds", str(self.socket)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        wait_for(self.socket.exists, 30, "the websocket server's start")

    def kill(self):
        self.process.kill()
        self.process.wait(5)
        self.socket.unlink(missing_ok=True)

    def connect(self, token):
        headers = {"Authorization": f"Bearer {token}"}
        return unix_connect(str(self.socket), "ws://portal.test/ws/?tenant=acme", additional_headers=headers)


@pytest.fixture
def valkey(tmp_path, settings):
    from channels.layers import channel_layers

    own = Valkey(tmp_path)
    own.start()
    backend = settings.CHANNEL_LAYERS["default"]
    settings.CHANNEL_LAYERS = {"default": {**backend, "CONFIG": {"hosts": [own.url], "prefix": "sanad"}}}
    channel_layers.backends.clear()
    yield own
    own.kill()
    channel_layers.backends.clear()


@pytest.fixture
def server(tmp_path, valkey, transactional_db):
    made = Server(tmp_path, valkey.url)
    made.start()
    yield made
    made.kill()
    print(made.log.read_text()[-4000:])


@pytest.fixture
def actor(transactional_db):
    return make_person(make_tenant("acme", "Acme Trading"), "scientist")


@pytest.fixture
def topic(actor):
    return f"tenant:{actor.tenant_id}"


def say(page, **message):
    page.send(json.dumps(message))


def hear(page, seconds=5):
    return json.loads(page.recv(timeout=seconds))


def subscribe(page, topic, since=None):
    say(page, subscribe=[topic], **({} if since is None else {"since": since}))
    heard = [hear(page)]
    while "subscribed" not in heard[-1]:
        heard.append(hear(page))
    return heard[:-1], heard[-1]


def happen(actor):
    with scope(actor.tenant_id):
        ledger.record(ThingMoved(thing_id=uuid4()), actor=actor, subject=("thing", uuid4()))
    ledger.sequence_once()
    return ledger.selectors.last_seq(tenant_id=actor.tenant_id)


def test_killed_websocket_process_loses_no_event(actor, topic, server):
    _, token = make_token(actor)
    with server.connect(token) as page:
        _, answer = subscribe(page, topic)
        first = happen(actor)
        assert hear(page)["seq"] == first
        server.kill()
        with pytest.raises(ConnectionClosed):
            page.recv(timeout=5)
    missed = [happen(actor), happen(actor)]
    server.start()
    with server.connect(token) as page:
        heard, answer = subscribe(page, topic, since=first)
    assert [event["seq"] for event in heard] == missed
    assert answer["seq"] == missed[-1]


def test_valkey_away_hinders_nobody_and_what_it_lost_is_told_afterwards(actor, topic, server, valkey):
    _, token = make_token(actor)
    with server.connect(token) as page:
        subscribe(page, topic)
        valkey.kill()
        dropped, began = publisher.DROPPED._value.get(), time.monotonic()
        live.publish(actor.tenant_id, topic, "thing.said", {})
        missed = happen(actor)
        assert time.monotonic() - began < 1
        wait_for(lambda: publisher.DROPPED._value.get() >= dropped + 2, 15, "the count of what was dropped")
        valkey.start()
        told = hear(page, seconds=30)
        assert (told["topic"], told["seq"]) == (topic, missed)
        assert hear(page)["seq"] == missed  # the heartbeat that brought it
        heard = _publish_until_heard(actor, topic, page)
    assert heard["kind"] == "thing.said"


def _publish_until_heard(actor, topic, page):
    """Valkey is there again; the server finds it again by itself."""
    ends_at = time.monotonic() + 20
    while time.monotonic() < ends_at:
        live.publish(actor.tenant_id, topic, "thing.said", {})
        try:
            if "heartbeat" not in (message := hear(page, seconds=1)):
                return message
        except TimeoutError:
            continue
    raise AssertionError("The websocket process does not hear Valkey again.")
