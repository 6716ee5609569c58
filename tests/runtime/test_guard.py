"""A replica behind tokens answers the gateway and the portal, and nobody else who reaches its socket."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

import pytest

from gateway.replicas import Question, Replica
from gateway.routes import Revision
from gateway.wire import Pool
from runtime.guard import Guarded
from runtime.service_tokens import HEADER, Caller, Receiver, pair_keys, write_callers
from tests.runtime.serving import Server, UnixConnection, sign

NOW, BEFORE = "n" * 64, "b" * 64
NAME = "replica:7:1"
REVISION = Revision(id="7", number=1, address="", weight=100, attempt=1)


class Known(Server):
    def get(self, path):
        return self.call("GET", path, **{HEADER: token("portal")})


def token(caller, secret=NOW, to=NAME):
    return Caller(caller, to, pair_keys([secret], caller, to)).standing()


@pytest.fixture(scope="module")
def served(flight_model):
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        at = Path(folder)
        sign(flight_model.directory, at)
        write_callers(at / "callers.json", [NOW, BEFORE], NAME, ["gateway", "portal"])
        running = Known(at, SANAD_CALLERS=str(at / "callers.json"))
        yield running
        running.stop()


@pytest.mark.parametrize("path", ["/v2/health/ready", "/schema", "/v2/models/m", "/nothing"])
def test_who_shows_nothing_is_told_nothing(served, path):
    status, said = served.call("GET", path)
    assert status == 401
    assert "no token of one came along" in said["error"]


@pytest.mark.parametrize(
    ("caller", "secret", "to"),
    [
        ("gateway", NOW, "replica:7:0"),
        ("gateway", NOW, "replica:8:1"),
        ("mlflow", NOW, NAME),
        ("gateway", "x" * 64, NAME),
    ],
)
def test_tokens_of_other_replicas_attempts_services_and_secrets_open_nothing(served, caller, secret, to):
    assert served.call("POST", "/invocations", {"instances": []}, **{HEADER: token(caller, secret, to)})[0] == 401


@pytest.mark.parametrize("secret", [NOW, BEFORE])
def test_the_gateway_asks_as_it_does(served, secret):
    """With the secret of today, and with yesterday's while the replica knows both."""
    caller = Caller("gateway", NAME, pair_keys([secret], "gateway", NAME))
    replica = Replica(REVISION, Pool(f"unix:{served.socket}"), caller)
    question = Question(b"GET", b"/v2/models/m", [], b"")

    async def twice():
        return [(await replica.ask(question, 5)).status for _ in range(2)]

    assert asyncio.run(twice()) == [200, 200]


def test_two_tokens_at_once_are_none():
    """Which of two a server reads is a matter of taste, so neither is read."""
    status = asked(headers=[(HEADER.encode(), token("gateway").encode())] * 2)
    assert status == 401
    assert asked(headers=[(HEADER.encode(), token("gateway").encode())]) == 200


def test_a_websocket_is_closed():
    assert asked(kind="websocket", headers=[]) == "websocket.close"


def asked(headers, kind="http"):
    """The status, or the message, that a guarded application answers with."""
    sent = []

    async def behind(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive():
        return {"type": f"{kind}.connect"}

    async def send(message):
        sent.append(message)

    receiver = Receiver(NAME, {"gateway": pair_keys([NOW], "gateway", NAME)}, standing=True)
    scope = {"type": kind, "method": "GET", "path": "/a", "raw_path": b"/a", "query_string": b"", "headers": headers}
    asyncio.run(Guarded(behind, receiver)(scope, receive, send))
    return sent[0].get("status", sent[0]["type"])


def test_what_was_refused_is_told_from_an_answer_of_the_model(served):
    connection = UnixConnection(served.socket)
    connection.request("GET", "/schema")
    answer = connection.getresponse()
    assert (answer.status, answer.getheader(HEADER)) == (401, "refused")
    assert json.loads(answer.read())["error"]
    connection.close()
