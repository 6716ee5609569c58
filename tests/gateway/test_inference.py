"""Who answers a prediction, and what happens when nobody does."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from tests.gateway.stage import Stage, wait_until

INVOKE = "/inference/acme/churn/invocations"


def test_a_prediction_says_which_revision_made_it(shared: Stage) -> None:
    answer = shared.infer(shared.key(), headers={"X-Request-Id": "request-0001"})
    assert answer.json() == {"predictions": [1], "by": "one"}
    assert answer.headers["x-request-id"] == "request-0001" and answer.headers["x-sanad-revision"] == "1"


def test_the_replica_is_told_the_attempt_and_the_trace_and_never_the_key(shared: Stage) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    told = shared.infer(shared.key(), {"wish": "headers"}, {"traceparent": trace, "Cookie": "a=1"}).json()
    assert told["path"] == "/v2/models/churn/infer"
    assert told["headers"]["x-sanad-attempt"] == "1" and told["headers"]["traceparent"] == trace
    assert not {"authorization", "cookie", "x-forwarded-for"} & set(told["headers"])


def test_health_schema_and_invocations_go_the_same_way(shared: Stage) -> None:
    key = {"Authorization": f"Bearer {shared.key()}"}
    for path in ("v2/health/ready", "v2", "v2/models/churn", "schema"):
        assert shared.ask("GET", f"/inference/acme/churn/{path}", headers=key).status == 200
    assert shared.infer(key["Authorization"].split()[1], path=INVOKE).status == 200
    assert shared.ask("DELETE", INVOKE, headers=key).headers["allow"] == "GET, POST"


def test_the_split_follows_the_weights_and_the_key(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("old", 1, 80), stage.start_replica("new", 2, 20)])
    stage.start_gateway()
    key = stage.key()
    answers = Counter(stage.infer(key).json()["by"] for _ in range(400))
    assert 45 <= answers["new"] <= 120  # 80 expected, five sigma around it
    ids = [f"request-{number:04}" for number in range(30)]
    first = [stage.infer(key, headers={"X-Request-Id": one}).json()["by"] for one in ids]
    assert first == [stage.infer(key, headers={"X-Request-Id": one}).json()["by"] for one in ids]
    assert len({stage.infer(key, headers={"X-Sanad-Sticky": "person-7"}).json()["by"] for _ in range(20)}) == 1


def test_statistics_count_every_revision(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("old", 1, 50), stage.start_replica("new", 2, 50)])
    stage.start_gateway()
    key = stage.key()
    for _ in range(20):
        stage.infer(key)
    stage.infer(key, {"wish": "fail"})
    stage.infer(key, {"wish": "refuse"})
    deployment = next(iter(stage.stats()["deployments"].values()))
    assert deployment["name"] == "acme/churn"
    revisions = deployment["revisions"]
    assert {one["number"] for one in revisions.values()} == {1, 2}
    total = {what: sum(one[what] for one in revisions.values()) for what in ("requests", "errors", "refused")}
    assert total == {"requests": 22, "errors": 1, "refused": 1}
    for one in revisions.values():
        assert 0 < one["latency_ms"]["p50"] <= one["latency_ms"]["p99"] < 1000
        assert sum(requests for _, requests, _ in one["per_second"]) == one["requests"]


def test_metrics_name_deployments_only_to_who_may_know(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one")])
    stage.start_gateway(SANAD_GATEWAY_METRICS_TOKEN="scrape")
    stage.infer(stage.key())
    stage.ask("GET", "/t/acme/")
    open_text = stage.ask("GET", "/gatewayz/metrics").body.decode()
    assert 'sanad_inference_requests_total{status="2xx"} 1.0' in open_text and "acme" not in open_text
    assert 'sanad_gateway_requests_total{kind="page",status="2xx"} 1.0' in open_text
    assert "sanad_inference_latency_seconds_bucket" in open_text and "sanad_gateway_portal_away 0.0" in open_text
    full = stage.ask("GET", "/gatewayz/metrics", headers={"Authorization": "Bearer scrape"}).body.decode()
    assert 'sanad_inference_requests_total{deployment="churn",status="2xx",tenant="acme"} 1.0' in full
    inside = stage.inside("/internal/gateway/metrics")
    assert b'tenant="acme"' in inside.body


def test_a_dead_replica_is_stood_in_for_and_comes_back(stage: Stage) -> None:
    one, two = stage.start_replica("one", 1, 50), stage.start_replica("two", 2, 50)
    stage.route(revisions=[one, two])
    stage.start_gateway()
    key = stage.key()
    for _ in range(20):
        stage.infer(key)
    stage.kill("one")
    answers = [stage.infer(key) for _ in range(40)]
    assert {(answer.status, answer.json()["by"]) for answer in answers} == {(200, "two")}
    stage.start_replica("one", 1, 50)
    wait_until(lambda: stage.infer(key).json()["by"] == "one", 12)


def test_a_replica_that_dies_over_a_request_is_stood_in_for(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one", 1, 100), stage.start_replica("two", 2, 1)])
    stage.start_gateway()
    key = stage.key()
    answer: list[int] = []
    sleeping = threading.Thread(target=lambda: answer.append(stage.infer(key, {"wish": "sleep", "seconds": 1}).status))
    sleeping.start()
    wait_until(lambda: b"sanad_gateway_in_flight_requests 1.0" in stage.ask("GET", "/gatewayz/metrics").body)
    stage.kill("one")
    sleeping.join()
    assert answer == [200]


def test_no_replica_left_is_said_with_a_time_to_come_back(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one")])
    stage.start_gateway()
    key = stage.key()
    assert stage.infer(key).status == 200
    stage.kill("one")
    answer = stage.infer(key)
    assert answer.status == 503 and answer.headers["retry-after"] == "1" and "Revision 1" in answer.json()["error"]
    for _ in range(5):
        stage.infer(key)
    assert "No replica" in stage.infer(key).json()["error"]
    stage.start_replica("one")
    wait_until(lambda: stage.infer(key).status == 200, 12)


def test_a_replica_restarted_between_two_requests_is_not_noticed(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one")])
    stage.start_gateway()
    key = stage.key()
    assert stage.infer(key).status == 200
    stage.kill("one")
    stage.start_replica("one")
    assert stage.infer(key).status == 200


def test_an_unready_revision_hands_over(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one")])
    stage.start_gateway()
    answer = stage.infer(stage.key(), {"wish": "unready"})
    assert answer.status == 503 and answer.json() == {"error": "Revision 1 is not ready to answer."}


def test_a_failing_model_shows_no_traceback(shared: Stage) -> None:
    answer = shared.infer(shared.key(), {"wish": "fail"})
    assert answer.status == 500 and answer.json() == {"error": "Revision 1 failed on this request; its log says why."}
    refused = shared.infer(shared.key(), {"wish": "refuse"})
    assert refused.status == 422 and refused.json() == {"error": "The column age is missing."}


def test_a_slow_replica_is_given_up_and_not_asked_twice(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one", 1, 50), stage.start_replica("two", 2, 50)])
    stage.start_gateway(SANAD_GATEWAY_TIMEOUT="1")
    began = time.monotonic()
    answer = stage.infer(stage.key(), {"wish": "sleep", "seconds": 5})
    assert answer.status == 504 and time.monotonic() - began < 2.5


def test_an_answer_of_an_older_attempt_is_not_used(stage: Stage) -> None:
    old = stage.start_replica("old", 1, 100, attempt=1)
    new = {**stage.start_replica("new", 1, 100, attempt=2), "id": old["id"]}
    stage.route(revisions=[old])
    stage.start_gateway()
    key, answers = stage.key(), []
    wish = {"wish": "sleep", "seconds": 2}
    asking = threading.Thread(target=lambda: answers.append(stage.infer(key, wish)))
    asking.start()
    wait_until(lambda: b"in_flight_requests 1.0" in stage.ask("GET", "/gatewayz/metrics").body)
    stage.route(revisions=[new])
    asking.join()
    assert answers[0].status == 200 and answers[0].json()["by"] == "new"
    assert "attempt 1" in stage.log()


def test_a_revision_without_traffic_gets_none(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one", 1, 0)])
    stage.start_gateway()
    answer = stage.infer(stage.key())
    assert answer.status == 503 and "receives traffic" in answer.json()["error"]


def test_a_body_over_the_limit_is_refused_whole_or_chunked(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one")], max_body_bytes=1000)
    stage.start_gateway()
    key = stage.key()
    lines = {"Authorization": f"Bearer {key}"}
    assert stage.ask("POST", INVOKE, b"x" * 1000, lines).status == 200
    answer = stage.ask("POST", INVOKE, b"x" * 1001, lines)
    assert answer.status == 413 and "1000 bytes" in answer.json()["detail"]
    head = f"POST {INVOKE} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert stage.raw(head.encode() + b"800\r\n" + b"x" * 2048 + b"\r\n0\r\n\r\n").startswith(b"HTTP/1.1 413")
    zipped = stage.ask("POST", INVOKE, b"x", {**lines, "Content-Encoding": "gzip"})
    assert zipped.status == 415


def test_a_large_body_passes_whole(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one")], max_body_bytes=4_000_000)
    stage.start_gateway()
    answer = stage.infer(stage.key(), {"inputs": "x" * 3_000_000})
    assert answer.status == 200


def test_one_deployment_cannot_take_all_the_room(stage: Stage) -> None:
    replica = stage.start_replica("one")
    stage.route(revisions=[replica])
    stage.route("acme/other", revisions=[replica])
    stage.start_gateway(SANAD_GATEWAY_MAX_IN_FLIGHT_PER_DEPLOYMENT="2")
    key = stage.key("acme/churn", "acme/other")
    stage.infer(key)
    with ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            pool.submit(stage.infer, key, {"wish": "sleep", "seconds": 1})
        wait_until(lambda: b"in_flight_requests 2.0" in stage.ask("GET", "/gatewayz/metrics").body)
        full = stage.infer(key)
        assert full.status == 429 and full.headers["retry-after"] == "1"
        assert stage.infer(key, path="/inference/acme/other/invocations").status == 200
    assert stage.infer(key).status == 200


@pytest.mark.parametrize("name", ["Authorization", "Content-Type", "X-Request-Id", "X-Sanad-Sticky"])
def test_a_header_that_decides_may_come_once(shared: Stage, name: str) -> None:
    head = f"POST {INVOKE} HTTP/1.1\r\nHost: x\r\n{name}: a1234567\r\n{name}: b1234567\r\nContent-Length: 0\r\n\r\n"
    assert shared.raw(head.encode()).startswith(b"HTTP/1.1 400")


def test_a_client_that_leaves_within_its_body_leaves_nothing_behind(shared: Stage) -> None:
    head = f"POST {INVOKE} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {shared.key()}\r\nContent-Length: 100\r\n\r\n"
    with closing(socket.create_connection(("127.0.0.1", shared.port), timeout=5)) as wire:
        wire.sendall(head.encode() + b"part")
        wait_until(lambda: b"in_flight_requests 1.0" in shared.ask("GET", "/gatewayz/metrics").body)
    wait_until(lambda: b"in_flight_requests 0.0" in shared.ask("GET", "/gatewayz/metrics").body)
