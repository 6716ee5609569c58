"""One token, one session, one address asks so often and no oftener: 429, when to come again, and a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from gateway.callers import BURST_S, Callers
from gateway.problems import Refused
from tests.gateway.stage import Stage


@pytest.fixture
def strict(stage: Stage) -> Iterator[Stage]:
    """Two requests a second of a token, four of an address, so that a test is over soon."""
    stage.route(revisions=[stage.start_replica("one")])
    stage.start_gateway(SANAD_RATE_PER_TOKEN="2", SANAD_RATE_PER_ADDRESS="4", SANAD_RATE_PREDICTIONS="2")
    return stage


def _asked(stage: Stage, times: int, **headers: str) -> Counter[int]:
    return Counter(stage.ask("GET", "/api/v1/runs/", headers=headers).status for _ in range(times))


def test_a_token_that_asks_too_often_reads_when_to_come_again(strict: Stage) -> None:
    headers = {"Authorization": "Bearer snd_" + "a" * 40}
    assert _asked(strict, 2 * BURST_S, **headers) == {200: 2 * BURST_S}
    refused = [
        answer for _ in range(8) if (answer := strict.ask("GET", "/api/v1/runs/", headers=headers)).status == 429
    ]
    assert refused
    assert refused[0].headers["retry-after"] == "1"
    assert "more often than is allowed" in refused[0].json()["detail"]
    assert refused[0].json()["type"].endswith("/docs/problems/too-often")


def test_every_answer_says_what_the_caller_has_left(strict: Stage) -> None:
    headers = {"Authorization": "Bearer snd_" + "a" * 40}
    first, second = (strict.ask("GET", "/api/v1/runs/", headers=headers).headers for _ in range(2))

    assert first["ratelimit-policy"] == f'"caller";q={2 * BURST_S};w={BURST_S}'
    assert first["ratelimit"] == f'"caller";r={2 * BURST_S - 1};t=1'
    assert second["ratelimit"] < first["ratelimit"]
    assert "ratelimit" not in strict.ask("GET", "/api/v1/runs/").headers, "Nobody's limit was counted."


def test_another_token_of_the_same_address_goes_on(strict: Stage) -> None:
    _asked(strict, 2 * BURST_S + 6, Authorization="Bearer snd_" + "a" * 40)
    assert _asked(strict, 1, Authorization="Bearer snd_" + "b" * 40) == {200: 1}


def test_a_session_counts_as_one_caller_whatever_else_the_cookies_hold(strict: Stage) -> None:
    said = Counter(
        strict.ask("GET", "/t/acme/", headers={"Cookie": f"x={number}; sanad_session=abc"}).status
        for number in range(2 * BURST_S + 8)
    )
    assert said[429] >= 1


def test_an_address_counts_whoever_asks_from_it(strict: Stage) -> None:
    said = Counter(
        strict.ask("GET", "/t/acme/", headers={"Authorization": f"Bearer snd_{number:040}"}).status
        for number in range(4 * BURST_S + 12)
    )
    assert said[429] >= 1


def test_predictions_have_a_limit_of_their_own(strict: Stage) -> None:
    key = strict.key()
    said = Counter(strict.infer(key).status for _ in range(2 * BURST_S + 8))
    assert said[200] >= 2 * BURST_S
    assert said[429] >= 1


def test_who_waited_may_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("gateway.callers.time.monotonic", lambda: now[0])
    callers, scope = Callers(1), {"headers": [(b"authorization", b"Bearer x")]}
    for _ in range(BURST_S):
        callers.check(scope, None)
    with pytest.raises(Refused):
        callers.check(scope, None)
    now[0] += 1
    callers.check(scope, None)
