"""Requests that two readers would read differently are refused by the first."""

from __future__ import annotations

import pytest

from tests.gateway.stage import Stage

REFUSED = [
    b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
    b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
    b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4, 4\r\n\r\nabcd",
    b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd",
    b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\nabcd",
    b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost: x\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;\nabc\r\n0\r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    b"GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    b"GET /a HTTP/1.1\r\n\r\n",
    b"GET /a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
    b"GET /a HTTP/1.1\r\nHost: x\r\nX-A: a\x00b\r\n\r\n",
    b"GET /a HTTP/1.1\r\nHost: x\r\nX-A: a\nX-B: b\r\n\r\n",
    b"GET /a\x00b HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /\xd8\xb3 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /a HTTP/9.9\r\nHost: x\r\n\r\n",
    b"CONNECT example.org:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00",
]


@pytest.mark.parametrize("request_", REFUSED, ids=range(len(REFUSED)))
def test_refused_and_never_passed_on(shared: Stage, request_: bytes) -> None:
    before = len(shared.events())
    hidden = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = shared.raw(request_ + hidden, shut=True)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 405"))
    assert not [event for event in shared.events()[before:] if event.startswith("echo")]


def test_a_body_cannot_become_the_next_request(shared: Stage) -> None:
    before = len(shared.events())
    hidden = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = shared.raw(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(hidden) + hidden)
    assert answer.startswith(b"HTTP/1.1 200")
    assert [event for event in shared.events()[before:] if event.startswith("echo")] == ["echo POST /a"]


def test_pipelined_requests_are_answered_in_order(shared: Stage) -> None:
    answer = shared.raw(b"GET /first HTTP/1.1\r\nHost: x\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n")
    assert 0 < answer.index(b"/first") < answer.index(b"/second")


def test_an_absolute_address_does_not_change_the_host(shared: Stage) -> None:
    answer = shared.raw(b"GET http://evil.example/a HTTP/1.1\r\nHost: good\r\n\r\n")
    assert b'["host", "good"]' in answer and b"evil" not in answer


def test_an_upgrade_that_is_not_ours_is_not_passed_on(shared: Stage) -> None:
    answer = shared.raw(b"GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n")
    assert b"upgrade" not in answer.lower().replace(b"upgrade-insecure", b"")


def test_an_endless_head_is_ended(shared: Stage) -> None:
    answer = shared.raw(b"GET /a HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 70_000)
    assert answer.startswith(b"HTTP/1.1 400") and b"too long" in answer
    many = b"".join(b"X-%d: v\r\n" % number for number in range(20_000))
    assert shared.raw(b"GET /a HTTP/1.1\r\nHost: x\r\n" + many)[:12] in (b"", b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "path",
    [
        "/inference/acme%2Fchurn/v2/models/churn/infer", "/inference/acme/churn%2Fx/invocations",
        "/inference/acme/churn/v2/..%2f..%2fschema", "/inference/acme/churn/v2/models/../../x",
        "/inference/acme/churn//invocations", "/inference/acme/churn/v2%2Fhealth%2Fready",
        "/inference/acme/churn/v1/chat", "/inference/acme/churn",
        "/inference/../internal/gateway/state", "/inference/acme/churn/v2/%00",
    ],
)  # fmt: skip
def test_inference_paths_are_read_in_one_way_only(shared: Stage, path: str) -> None:
    answer = shared.ask("POST", path, b"{}", {"Authorization": f"Bearer {shared.key()}"})
    assert answer.status == 404 and answer.headers["content-type"] == "application/problem+json"
