"""A page's end of the websocket, for tests."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

from asgiref.testing import ApplicationCommunicator
from django.db import connections

from foundation import ledger
from foundation.identity.tokens import create_token
from foundation.live import publisher
from foundation.tenancy import scope
from tests.foundation.live.conftest import ThingMoved

HOST = (b"host", b"portal.test")
ORIGIN = (b"origin", b"http://portal.test")


class Page(ApplicationCommunicator):
    """The server's end is the real application; this is the browser's."""

    async def connect(self, timeout=5):
        await self.send_input({"type": "websocket.connect"})
        return (await self.receive_output(timeout))["type"] == "websocket.accept"

    async def disconnect(self):
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(5)

    async def say(self, message):
        await self.say_text(json.dumps(message))

    async def say_text(self, text):
        await self.send_input({"type": "websocket.receive", "text": text})

    async def hear(self, timeout=3):
        output = await self.receive_output(timeout)
        assert output["type"] == "websocket.send", output
        return json.loads(output["text"])

    async def subscribe(self, *topics, since=None):
        """The events that were missed, and the answer."""
        await self.say({"subscribe": list(topics), **({} if since is None else {"since": since})})
        heard = []
        while "subscribed" not in (message := await self.hear()):
            heard.append(message)
        return heard, message


def page(*headers, tenant="acme"):
    from portal.asgi import application

    scope = {
        "type": "websocket",
        "path": "/ws/",
        "query_string": f"tenant={tenant}".encode(),
        "headers": [HOST, *headers],
    }
    return Page(application, {**scope, "subprotocols": []})


@asynccontextmanager
async def open_page(*headers, tenant="acme"):
    opened = page(*headers, tenant=tenant)
    assert await opened.connect()
    try:
        yield opened
    finally:
        await opened.disconnect()


async def done(work, *given, **named):
    """Run synchronous work in a thread, as a web process would, and give its connection back."""
    return await asyncio.to_thread(_and_close, work, given, named)


def _and_close(work, given, named):
    try:
        return work(*given, **named)
    finally:
        publisher.flush()
        connections.close_all()


def bearer(token):
    return (b"authorization", f"Bearer {token}".encode())


def make_token(actor, **limits):
    with scope(actor.tenant_id):
        return create_token(tenant=actor.tenant, name="test", user=actor.user, **limits)


def sign_in(actor):
    from django.test import Client

    client = Client()
    client.force_login(actor.user)
    return client.cookies["sanad_session"].value


def cookie(session_key):
    return (b"cookie", f"sanad_session={session_key}".encode())


def move(house, times=1):
    """Record on the ledger that the thing moved, without giving it a place yet."""
    for _ in range(times):
        with scope(house.tenant.pk):
            event = ThingMoved(thing_id=house.thing_id)
            ledger.record(event, actor=house.scientist, subject=("thing", house.thing_id))


def move_and_place(house, times=1):
    move(house, times)
    ledger.sequence_once()


async def nothing_more(opened):
    return await opened.receive_nothing(timeout=0.3)
