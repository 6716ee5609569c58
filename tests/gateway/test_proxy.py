"""What is not inference goes through unchanged, streaming, and without what a client might smuggle."""

from __future__ import annotations

import http.client
import json
import socket
import time
from contextlib import closing

import psutil
import pytest

from runtime.service_tokens import HEADER, Caller, pair_keys, secrets_of
from tests.gateway.stage import Stage, wait_until

MEGABYTE = 1024 * 1024


def _sent(shared: Stage, path: str = "/t/acme/", **headers: str) -> list[tuple[str, str]]:
    given = {name.replace("__", "_"): value for name, value in headers.items()}
    return [(name, value) for name, value in shared.ask("GET", path, headers=given).json()["headers"]]


def test_method_path_query_and_body_arrive_as_sent(shared: Stage) -> None:
    answer = shared.ask("PATCH", "/t/acme/%D8%B3%D9%86%D8%AF/a%2Fb?q=%20x&q=y", b"body", {"Content-Type": "text/plain"})
    said = answer.json()
    assert (said["method"], said["path"]) == ("PATCH", "/t/acme/%D8%B3%D9%86%D8%AF/a%2Fb")
    assert (said["query"], said["body"]) == ("q=%20x&q=y", "body")


def test_every_cookie_comes_back_and_hop_headers_do_not(shared: Stage) -> None:
    answer = shared.ask("GET", "/t/acme/")
    assert [value for name, value in answer.all_headers if name == "set-cookie"] == ["a=1", "b=2"]
    assert "keep-alive" not in answer.headers
    assert len(answer.headers["x-request-id"]) == 32


def test_headers_named_by_the_portals_connection_header_stay_here(shared: Stage) -> None:
    answer = shared.ask("GET", "/headers")
    assert "x-private" not in answer.headers and answer.headers.get("server") != "secret"
    assert len(answer.headers["x-long"]) == 20000


def test_only_the_gateway_says_where_a_request_came_from(shared: Stage) -> None:
    lines = _sent(
        shared,
        **{
            "X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil",
            "X-Real-IP": "6.6.6.6", "X-Forwarded-Prefix": "/x", "Forwarded": "for=6.6.6.6",
            "X_Forwarded_For": "6.6.6.6", "X_Sanad_Service": "s", "X-Sanad-Service": "guess",
            "Proxy": "evil", "TE": "trailers",
        },
    )  # fmt: skip
    told = dict(lines)
    assert len(told) == len(lines)
    assert told["x-forwarded-for"] == "127.0.0.1" and told["x-forwarded-proto"] == "http"
    assert told["host"] == told["x-forwarded-host"] == f"127.0.0.1:{shared.port}"
    assert not {"x-real-ip", "forwarded", "proxy", "x-sanad-service", "x-forwarded-prefix", "te"} & set(told)
    assert not [name for name in told if "_" in name]


def test_connection_header_cannot_take_the_cookie_off(shared: Stage) -> None:
    told = dict(_sent(shared, Connection="close, cookie, x-mine", Cookie="session=1", **{"X-Mine": "1"}))
    assert told["cookie"] == "session=1" and "x-mine" not in told and "connection" not in told


def test_a_sane_request_id_is_kept_and_another_replaced(shared: Stage) -> None:
    assert dict(_sent(shared, **{"X-Request-Id": "abc-12345"}))["x-request-id"] == "abc-12345"
    assert dict(_sent(shared, **{"X-Request-Id": "short"}))["x-request-id"] != "short"


def test_trace_context_passes_through(shared: Stage) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert dict(_sent(shared, traceparent=trace))["traceparent"] == trace


@pytest.mark.parametrize(
    "path",
    [
        "/internal/gateway/state", "/internal", "/%69nternal/x", "/%2569nternal/x", "//internal/x", "/./internal/",
        "/t/../internal/", "/t/%2e%2e/internal/", "/INTERNAL/x", "/internal;a=1/x", "/%5cinternal/",
        "/internal%2fgateway", "/t/..%2finternal/gateway/state",
    ],
)  # fmt: skip
def test_internal_pages_are_not_there(shared: Stage, path: str) -> None:
    before = len(shared.events())
    signed = Caller("gateway", "portal", pair_keys(secrets_of(shared.secret), "gateway", "portal"))
    answer = shared.ask("GET", path, headers={HEADER: signed.for_request("GET", path)})
    assert answer.status == 404 and "routes" not in answer.body.decode()
    assert not [event for event in shared.events()[before:] if event.startswith("echo")]


def test_a_page_whose_name_merely_begins_so_is_there(shared: Stage) -> None:
    assert shared.ask("GET", "/internals/").status == 200
    assert shared.ask("GET", "/t/internal/").status == 200


def test_an_upload_of_50_mb_passes_in_bounded_memory(shared: Stage) -> None:
    gateway = psutil.Process(shared.processes["gateway"].pid)
    before, most = gateway.memory_info().rss, 0
    connection = http.client.HTTPConnection("127.0.0.1", shared.port, timeout=20)

    def chunks():
        nonlocal most
        for _ in range(100):
            most = max(most, gateway.memory_info().rss)
            yield b"x" * (MEGABYTE // 2)

    with closing(connection):
        connection.request("PUT", "/mlflow/acme/flights/file", chunks(), {"Content-Length": str(50 * MEGABYTE)})
        assert json.loads(connection.getresponse().read()) == {"size": 50 * MEGABYTE}
    assert most - before < 8 * MEGABYTE


def test_a_chunked_upload_passes_too(shared: Stage) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", shared.port, timeout=20)
    with closing(connection):
        connection.request("POST", "/upload", (b"y" * 1000 for _ in range(100)), encode_chunked=True)
        assert json.loads(connection.getresponse().read()) == {"size": 100_000}


def test_a_refusal_reaches_the_client_before_its_upload_ends(shared: Stage) -> None:
    with closing(socket.create_connection(("127.0.0.1", shared.port), timeout=5)) as wire:
        wire.sendall(b"POST /refuse-upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nfirst")
        assert wire.recv(4096).startswith(b"HTTP/1.1 401")


def test_an_upload_that_breaks_off_breaks_off_at_the_portal(shared: Stage) -> None:
    before = shared.events().count("upload begun")
    with closing(socket.create_connection(("127.0.0.1", shared.port), timeout=5)) as wire:
        wire.sendall(b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + b"z" * 1000)
        wait_until(lambda: shared.events().count("upload begun") > before)
    wait_until(lambda: "upload broken" in shared.events())


def test_a_stream_arrives_as_it_is_made_and_ends_when_its_reader_leaves(shared: Stage) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", shared.port, timeout=5)
    began = time.monotonic()
    connection.request("GET", "/stream")
    response = connection.getresponse()
    assert response.readline() == b"line 0\n" and response.readline() == b"line 1\n"
    assert time.monotonic() - began < 2
    response.close()
    connection.close()
    wait_until(lambda: "stream left" in shared.events())


def test_an_answer_cut_off_by_the_portal_is_cut_off_for_the_client(shared: Stage) -> None:
    for path in ("/accounts/password/new/s3cret/", "/half"):
        with pytest.raises(http.client.IncompleteRead):
            shared.ask("GET", path)
    wait_until(lambda: "(/half)" in shared.log())
    assert "s3cret" not in shared.log(), "whoever reads the log could use the link"


def test_head_and_not_modified_have_no_body(shared: Stage) -> None:
    assert shared.ask("HEAD", "/t/acme/").body == b""


def test_many_requests_on_one_connection(shared: Stage) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", shared.port, timeout=5)
    with closing(connection):
        for number in range(20):
            connection.request("GET" if number % 2 else "POST", f"/t/{number}", b"" if number % 2 else b"b")
            assert json.loads(connection.getresponse().read())["path"] == f"/t/{number}"


def test_get_is_asked_again_once_and_post_never(shared: Stage) -> None:
    assert shared.ask("GET", "/die-once").json() == {"answered": True}
    for method in ("POST", "DELETE"):
        refused = shared.ask(method, "/die-once")
        assert refused.status == 502 and "Look whether the change was made" in refused.json()["detail"]
        assert shared.events().count(f"die-once {method}") == 1


def test_containers_come_in_by_the_door(shared: Stage) -> None:
    door = shared.run / "door" / "door.sock"
    assert (shared.run / "door.sock").resolve() == door.resolve()
    assert door.stat().st_mode & 0o777 == 0o666 and shared.run.stat().st_mode & 0o777 == 0o700
    told = dict(map(tuple, shared.ask("GET", "/api/v1/runs/1/spec", at=door).json()["headers"]))
    assert told["x-forwarded-for"] == "127.0.0.1" and told["host"] == "localhost"


@pytest.mark.parametrize(
    "path", ["/internal/gateway/stats", "/accounts/login/", "/t/acme/", "//accounts/login/", "/%61pi/v1/runs/", "/"]
)
def test_no_page_is_reached_by_the_door(shared: Stage, path: str) -> None:
    before = len(shared.events())
    assert shared.ask("POST", path, b"email=a&password=b", at=shared.run / "door" / "door.sock").status == 404
    assert not [event for event in shared.events()[before:] if event.startswith("echo")]


def test_own_health_and_the_portals(shared: Stage) -> None:
    assert shared.ask("GET", "/gatewayz").json() == {"status": "ok", "routes": 1}
    assert shared.ask("GET", "/healthz").json()["path"] == "/healthz"
    assert shared.ask("GET", "/gatewayz/other").status == 404


def test_a_portal_that_is_away_is_said_in_the_readers_form(stage: Stage) -> None:
    stage.start_gateway()
    stage.stop("portal")
    page = stage.ask("GET", "/t/acme/", headers={"Accept": "text/html,*/*"})
    assert page.status == 503 and page.headers["retry-after"] == "2"
    assert b"The portal is restarting" in page.body and page.headers["x-request-id"].encode() in page.body
    arabic = stage.ask("GET", "/t/acme/", headers={"Accept": "text/html", "Accept-Language": "ar-AE"})
    assert 'dir="rtl"' in arabic.body.decode() and "البوابة" in arabic.body.decode()
    problem = stage.ask("GET", "/api/v1/runs")
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["status"] == 503 and problem.json()["request_id"] == problem.headers["x-request-id"]
    part = stage.ask("GET", "/t/acme/", headers={"Accept": "*/*", "HX-Request": "true", "Accept-Language": "ar-AE"})
    assert part.headers["content-type"] == "application/problem+json" and "البوابة" in part.json()["detail"]


def test_pages_come_back_with_the_portal(stage: Stage) -> None:
    stage.start_gateway()
    assert stage.ask("GET", "/t/acme/").status == 200
    stage.kill("portal")
    assert stage.ask("GET", "/t/acme/").status == 503
    stage.start_portal()
    assert stage.ask("GET", "/t/acme/").status == 200
    assert stage.ask("POST", "/t/acme/", b"x").status == 200


def test_a_portal_that_dies_over_a_change_is_said_so(stage: Stage) -> None:
    stage.start_gateway()
    answer = stage.ask("POST", "/die", b"x")
    assert answer.status == 502 and "Look whether" in answer.json()["detail"]
    assert stage.events().count("die POST") == 1
