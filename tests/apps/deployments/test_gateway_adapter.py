"""The adapter to the gateway, against the gateway's own counters behind a real Unix socket."""

import json
import socketserver
import tempfile
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from django.conf import settings

from apps.deployments.adapters import gateway
from foundation.errors import Unavailable
from gateway.routes import Revision, Route
from gateway.stats import Stats
from runtime.service_tokens import HEADER, Receiver, TokenRefused, pair_keys


@pytest.fixture
def silent_gateway():
    """Here the gateway is not silent: the adapter itself is looked at."""


@pytest.fixture
def counted():
    """The counters of a gateway that answered twenty requests, two of them with an error."""
    stats = Stats()
    given = {"tenant_id": "t1", "project_id": "p1", "deployment_id": "d1"}
    revision = Revision(id="r1", number=1, address="unix:/x", weight=100, attempt=1)
    route = Route(name="acme/flowers", revisions=(revision,), **given)
    for number in range(20):
        stats.answered(route, revision, 500 if number < 2 else 200, 0.004)
    return stats


def refusal_of(request):
    """Why the gateway would not answer; empty where it would."""
    keys = pair_keys([settings.SANAD_GATEWAY_SECRET], "portal", "gateway")
    try:
        Receiver("gateway", {"portal": keys}).check(request.headers.get(HEADER, ""), "GET", request.path)
    except TokenRefused as refused:
        return str(refused)
    return ""


@pytest.fixture
def served(counted):
    document = {"body": json.dumps(counted.as_document()).encode()}

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(401 if refusal_of(self) else 200 if self.path == "/internal/gateway/stats" else 404)
            self.end_headers()
            self.wfile.write(document["body"])

        def address_string(self):
            return "portal"

        def log_message(self, *given):
            """Nothing is written."""

    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        path = Path(folder) / "gateway-internal.sock"
        server = socketserver.UnixStreamServer(str(path), Answer)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield path, document
        server.shutdown()
        server.server_close()


def test_the_counters_of_one_tenant_are_read(served):
    path, _document = served
    _at, found = gateway.read_stats(path, "t1")
    live = found["d1"]

    assert (live.revisions["r1"].requests, live.revisions["r1"].errors) == (20, 2)
    assert live.errors_in_window() == (2, 20)
    assert live.slowest("p95") == pytest.approx(4, rel=0.1)
    assert gateway.read_stats(path, "t2")[1] == {}


def test_the_present_second_is_left_out_of_the_rate():
    from apps.deployments.ports import LiveRevision, LiveStats

    seconds = [(90, 100, 0), *((n, 5, 0) for n in range(91, 101)), (101, 1, 0)]
    live = LiveStats(101.3, {"r": LiveRevision(0, 0, None, None, None, seconds)})
    assert live.rate() == 5
    assert live.slowest("p99") is None


def test_a_gateway_that_is_away_or_talks_nonsense_is_none(served, tmp_path):
    path, document = served
    document["body"] = b"<html>"
    assert gateway.read_stats(path, "t1") is None
    assert gateway.read_stats(tmp_path / "nobody.sock", "t1") is None


def test_where_nobody_answers_a_prediction_is_unavailable():
    with pytest.raises(Unavailable, match="Nobody answers"):
        gateway.ask("http://127.0.0.1:9/inference/a/b", "snd_x", {})
