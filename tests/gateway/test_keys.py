"""Who may predict: keys checked once, revoked within a second, and taken on trust for a while and no longer."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.gateway.stage import Stage, wait_until

INVOKE = "/inference/acme/churn/invocations"


@pytest.mark.parametrize(
    "given", [None, "", "Bearer", "Bearer x", "Basic c25kXw==", "Bearer snd_short", "snd_" + "a" * 40]
)
def test_without_a_key_nobody_is_asked(shared: Stage, given: str | None) -> None:
    before = len(shared.events())
    answer = shared.ask("POST", INVOKE, b"{}", {} if given is None else {"Authorization": given})
    assert answer.status == 401 and answer.headers["www-authenticate"].startswith("Bearer")
    assert len(shared.events()) == before


def test_refusals_come_in_the_form_of_each_protocol(shared: Stage) -> None:
    foreign = shared.key("other/thing")
    oip = shared.infer(foreign)
    assert oip.status == 403 and oip.json() == {"error": "This API key may not use this deployment."}
    problem = shared.infer(foreign, path=INVOKE)
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["detail"] == "This API key may not use this deployment."
    assert problem.json()["type"].endswith("/docs/problems/access-denied")


def test_a_deployment_that_is_not_there_is_said_only_to_who_may_know(shared: Stage) -> None:
    path = "/inference/acme/nothing/invocations"
    assert shared.ask("POST", path, b"{}").status == 401
    assert shared.infer(shared.key("acme/nothing"), path=path).status == 404


def test_an_expired_key_is_refused_though_it_was_good(shared: Stage) -> None:
    soon = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() + 2))
    key = shared.key(expires_at=soon)
    assert shared.infer(key).status == 200
    wait_until(lambda: shared.infer(key).status == 401, 4)
    assert "expired" in shared.infer(key).json()["error"]


def test_a_key_is_checked_once_whoever_asks_at_the_same_time(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one")])
    stage.start_gateway()
    stage.publish(token_delay=0.3)
    key = stage.key()
    with ThreadPoolExecutor(10) as pool:
        assert {answer.status for answer in pool.map(lambda _: stage.infer(key), range(10))} == {200}
    assert stage.infer(key).status == 200
    asked = [event for event in stage.events() if event.startswith("token")]
    assert [event.split()[-1] for event in asked] == ["127.0.0.1"]


def test_unknown_keys_are_remembered_briefly_and_limited(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one")])
    stage.start_gateway()
    assert [stage.infer("snd_" + "x" * 40).status for _ in range(5)] == [401] * 5
    assert len(stage.events()) == 1
    statuses = Counter(stage.infer(f"snd_{number:040}").status for number in range(60))
    assert statuses[429] > 10 and statuses[401] >= 19
    assert stage.infer(f"snd_{99:040}").headers["retry-after"] == "5"


def test_revocation_holds_within_a_second(shared: Stage) -> None:
    for _ in range(3):
        key = shared.key()
        assert shared.infer(key).status == 200
        shared.revoke(key)
        revoked_at = time.monotonic()
        wait_until(lambda key=key: shared.infer(key).status == 401, 2)
        assert time.monotonic() - revoked_at < 1.0


def test_a_key_revoked_while_it_was_being_checked_never_gets_in(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one")])
    stage.start_gateway()
    stage.publish(token_delay=1.5)
    key = stage.key()
    statuses: list[int] = []
    # The portal has looked at the key already, and its word is on the way, when the key is revoked.
    asking = threading.Thread(target=lambda: statuses.append(stage.infer(key).status))
    asking.start()
    wait_until(lambda: stage.events())
    stage.revoke(key)
    asking.join()
    assert statuses == [401] and stage.infer(key).status == 401


def test_without_the_portal_known_keys_serve_and_only_until_the_limit(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one")])
    stage.start_gateway(SANAD_GATEWAY_STALE_LIMIT="3")
    key, fresh = stage.key(), stage.key()
    assert stage.infer(key).status == 200
    stage.kill("portal")
    away_at = time.monotonic()
    assert stage.infer(key).status == 200
    unchecked = stage.infer(fresh)
    assert unchecked.status == 503 and "cannot be checked" in unchecked.json()["error"]
    wait_until(lambda: stage.infer(key).status == 503, 6)
    assert 2 < time.monotonic() - away_at < 5
    refused = stage.infer(key)
    assert "confirm" in refused.json()["error"] and refused.headers["retry-after"] == "5"
    stage.start_portal()
    wait_until(lambda: stage.infer(key).status == 200, 3)


def test_after_a_restart_without_the_portal_the_last_routes_and_keys_serve(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one")])
    stage.start_gateway()
    key, revoked = stage.key(), stage.key()
    assert stage.infer(key).status == 200 and stage.infer(revoked).status == 200
    stage.revoke(revoked)
    wait_until(lambda: stage.infer(revoked).status == 401)
    stage.stop("gateway")
    stage.kill("portal")
    for name in ("routes.json", "keys.json"):
        assert (stage.home / "gateway" / name).stat().st_mode & 0o777 == 0o600
    assert key not in (stage.home / "gateway" / "keys.json").read_text()
    stage.start_gateway()
    assert stage.infer(key).status == 200
    assert stage.infer(revoked).status == 503


def test_a_restart_makes_no_key_fresher(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one")])
    stage.start_gateway()
    key = stage.key()
    assert stage.infer(key).status == 200
    stage.stop("gateway")
    stage.kill("portal")
    file = stage.home / "gateway" / "keys.json"
    kept = json.loads(file.read_text())
    kept["keys"][0]["confirmed_at"] -= 901
    file.write_text(json.dumps(kept))
    stage.start_gateway()
    assert stage.infer(key).status == 503


def test_damaged_files_are_said_and_do_not_stop_the_start(stage: Stage) -> None:
    folder = stage.home / "gateway"
    folder.mkdir()
    for name in ("routes.json", "keys.json"):
        (folder / name).write_text('{"half')
    stage.kill("portal")
    stage.start_gateway()
    assert stage.ask("GET", "/gatewayz").json() == {"status": "portal away", "routes": 0}
    assert "routes.json cannot be read" in stage.log()


def test_a_portal_set_back_to_an_older_time_has_every_key_checked_anew(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one")])
    stage.start_gateway()
    gone, key = stage.key(), stage.key()
    assert stage.infer(key).status == 200
    stage.revoke(gone)
    wait_until(lambda: json.loads((stage.home / "gateway/routes.json").read_text())["revocations_after"] == 1)
    stage.publish(revoked=[])
    wait_until(lambda: "checked anew" in stage.log())
    stage.infer(key)
    assert len([event for event in stage.events() if event.startswith("token")]) == 2


def test_a_portal_set_back_while_the_gateway_was_down_is_noticed(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one")])
    stage.start_gateway()
    gone, key = stage.key(), stage.key()
    assert stage.infer(key).status == 200
    stage.revoke(gone)
    wait_until(lambda: json.loads((stage.home / "gateway/routes.json").read_text())["revocations_after"] == 1)
    stage.stop("gateway")
    stage.publish(revoked=[])
    stage.start_gateway()
    wait_until(lambda: "checked anew" in stage.log())


def test_a_wrong_secret_is_said(stage: Stage) -> None:
    stage.publish(secret="another")
    stage.processes["held-back"] = stage.processes.pop("portal")  # nothing will settle
    stage.start_gateway()
    wait_until(lambda: "answered 404" in stage.log())
    assert stage.ask("GET", "/gatewayz").json()["status"] == "portal away"


def test_a_key_of_some_networks_opens_from_nowhere_else_also_after_a_restart(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one")])
    stage.start_gateway()
    here, elsewhere = stage.key(networks=("127.0.0.0/8",)), stage.key(networks=("203.0.113.0/24", "2001:db8::/32"))

    assert [stage.infer(here).status for _ in range(2)] == [200, 200]
    refused = stage.infer(elsewhere)
    assert refused.status == 403 and "may not be used from 127.0.0.1" in refused.json()["error"]
    assert stage.infer(elsewhere).status == 403
    stage.stop("gateway")
    stage.kill("portal")
    stage.start_gateway()
    assert (stage.infer(here).status, stage.infer(elsewhere).status) == (200, 403)
