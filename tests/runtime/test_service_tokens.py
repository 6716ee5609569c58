"""Services know each other by tokens that count for seconds, for one receiver, for one request."""

from __future__ import annotations

import json
import stat

import jwt
import pytest

from runtime.service_tokens import (
    LONGEST_S,
    STANDS_S,
    Caller,
    Receiver,
    TokenRefused,
    pair_keys,
    read_callers,
    secrets_of,
    write_callers,
)

OLD, NEW = "o" * 64, "n" * 64
ASKED = ("POST", "/internal/gateway/token?a=1")


class Clock:
    def __init__(self, at=1_700_000_000.0):
        self.at = at

    def __call__(self):
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def caller(clock):
    return caller_of([NEW], clock)


@pytest.fixture
def receiver(clock):
    return receiver_of([NEW], clock)


def caller_of(secrets, clock, name="gateway", to="portal"):
    return Caller(name, to, pair_keys(secrets, name, to), clock)


def receiver_of(secrets, clock, **more):
    return Receiver("portal", {"gateway": pair_keys(secrets, "gateway", "portal")}, clock=clock, **more)


def test_a_request_with_its_own_token_is_let_in(caller, receiver):
    known = receiver.check(caller.for_request(*ASKED), *ASKED)
    assert (known.caller, known.bound) == ("gateway", True)


def test_the_token_tells_nothing_of_the_secret(caller):
    claims = jwt.decode(caller.for_request(*ASKED), options={"verify_signature": False})
    assert set(claims) == {"iss", "aud", "iat", "exp", "jti", "htm", "htu"}
    assert claims["exp"] - claims["iat"] <= LONGEST_S
    assert NEW not in json.dumps(claims)


@pytest.mark.parametrize("asked", [("GET", ASKED[1]), ("POST", "/internal/gateway/token"), ("POST", "/other")])
def test_a_token_is_for_no_other_request(caller, receiver, asked):
    with pytest.raises(TokenRefused, match="for another request"):
        receiver.check(caller.for_request(*ASKED), *asked)


def test_what_changes_something_is_let_in_once(caller, receiver):
    token = caller.for_request(*ASKED)
    receiver.check(token, *ASKED)
    with pytest.raises(TokenRefused, match="used already"):
        receiver.check(token, *ASKED)


def test_what_only_asks_may_be_asked_again(caller, receiver):
    token = caller.for_request("GET", "/state")
    assert receiver.check(token, "GET", "/state") == receiver.check(token, "GET", "/state")


def test_a_token_for_somebody_else_opens_nothing(receiver, clock):
    elsewhere = Caller("gateway", "replica:1:1", pair_keys([NEW], "gateway", "portal"), clock)
    with pytest.raises(TokenRefused, match="for another service"):
        receiver.check(elsewhere.for_request(*ASKED), *ASKED)


def test_nobody_signs_in_another_services_name(receiver, clock):
    with pytest.raises(TokenRefused, match="nobody here knows"):
        receiver.check(caller_of([NEW], clock, name="mlflow").for_request(*ASKED), *ASKED)
    pretender = Caller("gateway", "portal", pair_keys([NEW], "mlflow", "portal"), clock)
    with pytest.raises(TokenRefused, match="key that does not count"):
        receiver.check(pretender.for_request(*ASKED), *ASKED)


def test_keys_of_two_pairs_have_nothing_in_common():
    pairs = [("gateway", "portal"), ("portal", "gateway"), ("gateway", "replica:1:1"), ("gateway", "replica:1:2")]
    assert len({pair_keys([NEW], *pair) for pair in pairs}) == len(pairs)


@pytest.mark.parametrize("token", ["", "a.b.c", "é", "x" * 5000, "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_token_is_refused(receiver, token):
    with pytest.raises(TokenRefused):
        receiver.check(token, *ASKED)


@pytest.mark.parametrize("algorithm", ["none", "HS512"])
def test_the_signer_does_not_choose_how_it_is_checked(receiver, clock, algorithm):
    claims = {"iss": "gateway", "aud": "portal", "iat": int(clock.at), "exp": int(clock.at) + 30, "jti": "1"}
    key = None if algorithm == "none" else pair_keys([NEW], "gateway", "portal")[0] * 2
    with pytest.raises(TokenRefused):
        receiver.check(jwt.encode(claims, key, algorithm), *ASKED)


def test_a_changed_token_is_refused(caller, receiver):
    head, body, signature = caller.for_request(*ASKED).split(".")
    other = caller.for_request(*ASKED).split(".")[1]
    assert other != body
    with pytest.raises(TokenRefused, match="key that does not count"):
        receiver.check(f"{head}.{other}.{signature}", *ASKED)


@pytest.mark.parametrize(("later", "words"), [(36, "has expired"), (-6, "of a time to come")])
def test_a_token_counts_for_seconds_on_both_sides_of_its_time(caller, receiver, clock, later, words):
    token = caller.for_request(*ASKED)
    clock.at += later
    with pytest.raises(TokenRefused, match=words):
        receiver.check(token, *ASKED)


@pytest.mark.parametrize("later", [34, -4])
def test_clocks_may_differ_by_seconds(caller, receiver, clock, later):
    token = caller.for_request(*ASKED)
    clock.at += later
    assert receiver.check(token, *ASKED)


def test_no_token_counts_for_longer_than_a_minute_whatever_it_says(receiver, clock):
    claims = {"iss": "gateway", "aud": "portal", "iat": int(clock.at), "exp": int(clock.at) + 61, "jti": "1"}
    (key,) = pair_keys([NEW], "gateway", "portal")
    with pytest.raises(TokenRefused, match="longer than 60"):
        receiver.check(jwt.encode(claims, key, "HS256"), *ASKED)


def test_a_token_that_says_too_little_is_refused(receiver, clock):
    (key,) = pair_keys([NEW], "gateway", "portal")
    claims = {"iss": "gateway", "aud": "portal", "iat": int(clock.at), "exp": int(clock.at) + 30}
    with pytest.raises(TokenRefused, match="too little"):
        receiver.check(jwt.encode(claims, key, "HS256"), *ASKED)


def test_while_two_secrets_count_nobody_has_to_be_told_first(clock):
    for signs, knows in [([OLD], [NEW, OLD]), ([NEW, OLD], [OLD]), ([NEW, OLD], [NEW]), ([NEW], [NEW, OLD])]:
        receiver_of(knows, clock).check(caller_of(signs, clock).for_request(*ASKED), *ASKED)


def test_yesterdays_key_opens_nothing_once_it_is_taken_away(clock):
    with pytest.raises(TokenRefused, match="key that does not count"):
        receiver_of([NEW], clock).check(caller_of([OLD], clock).for_request(*ASKED), *ASKED)


def test_of_two_tokens_of_one_request_only_one_is_let_in(clock):
    token = caller_of([NEW, OLD], clock).for_request(*ASKED)
    receiver = receiver_of([NEW, OLD], clock)
    receiver.check(token, *ASKED)
    with pytest.raises(TokenRefused, match="used already"):
        receiver.check(token, *ASKED)


def test_two_secrets_count_and_no_more():
    assert secrets_of(f"{NEW}\n{OLD}\n") == (NEW, OLD)
    with pytest.raises(ValueError, match="holds 3 secrets"):
        secrets_of("a b c")


def test_a_standing_token_is_signed_twice_in_its_life_and_for_whoever_is_only_asked(caller, clock):
    asked = receiver_of([NEW], clock, standing=True)
    first = caller.standing()
    assert caller.standing() == first
    for _ in range(2):
        assert not asked.check(first, "POST", "/invocations").bound
    with pytest.raises(TokenRefused, match="names no request"):
        receiver_of([NEW], clock).check(first, *ASKED)
    clock.at += STANDS_S / 2
    assert caller.standing() != first
    assert asked.check(first, "POST", "/invocations"), "until its time is over"
    clock.at += STANDS_S / 2 + 6
    with pytest.raises(TokenRefused, match="has expired"):
        asked.check(first, "POST", "/invocations")


def test_what_was_remembered_is_let_go_when_it_no_longer_counts(caller, receiver, clock):
    for _ in range(1500):
        receiver.check(caller.for_request(*ASKED), *ASKED)
    clock.at += 100
    receiver.check(caller.for_request(*ASKED), *ASKED)
    assert len(receiver._first_time._until) == 1


def test_a_receiver_elsewhere_is_told_keys_of_its_own_and_no_secret(tmp_path):
    file = tmp_path / "callers.json"
    write_callers(file, [NEW, OLD], "replica:7:1", ["gateway", "portal"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert NEW not in file.read_text() and OLD not in file.read_text()
    told = read_callers(file, standing=True)
    for name in ("gateway", "portal"):
        caller = Caller(name, "replica:7:1", pair_keys([OLD], name, "replica:7:1"))
        assert told.check(caller.standing(), "POST", "/invocations").caller == name
    older = Caller("gateway", "replica:7:0", pair_keys([NEW], "gateway", "replica:7:0"))
    with pytest.raises(TokenRefused):
        told.check(older.standing(), "POST", "/invocations")
