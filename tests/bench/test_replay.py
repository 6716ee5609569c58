"""The replay's year: the same every time, told late and out of order; and its reference, held against plain sums."""

from __future__ import annotations

from bench.replay import arrivals, cases, reference
from sanad.samples import landed

HOUR = 3_600 * arrivals.SECOND


def test_flights_are_told_after_they_were_over_some_much_later_and_each_once():
    told = arrivals.flights(3_000)
    assert told == arrivals.flights(3_000)
    assert len(told) == 3_000
    lags = [at - arrivals._over_us(event) for at, event in told]
    assert min(lags) >= 0
    assert 0.85 < sum(lag <= 600 * arrivals.SECOND for lag in lags) / len(lags) < 0.95
    assert 24 * HOUR < max(lags) <= 30 * HOUR
    overs = [arrivals._over_us(event) for _at, event in told]
    assert overs != sorted(overs)
    parts = list(arrivals.parts(told, [24 * HOUR, HOUR]))
    assert [event for _at, events in parts for event in events] == [event for _at, event in told]
    assert all(events for _at, events in parts)
    assert parts == sorted(parts, key=lambda one: one[0])


def test_the_reference_counts_what_was_over_in_the_window_and_known():
    words = next(landed.views())
    base = "2013-01-01T{:02d}:{:02d}:00+00:00"
    flights = [
        {"carrier": "AA", "over_at": base.format(10, 0), "known_at": base.format(10, 0), "delay": 30.0, "late": True},
        {"carrier": "AA", "over_at": base.format(11, 0), "known_at": base.format(11, 20), "delay": 0.5, "late": False},
        {"carrier": "AA", "over_at": base.format(11, 5), "known_at": base.format(11, 5), "delay": None, "late": None},
        {"carrier": "UA", "over_at": base.format(11, 0), "known_at": base.format(11, 0), "delay": 99.0, "late": True},
    ]
    mine = reference.known(flights, "carrier", "AA")
    at = {minute: reference._us(base.format(*divmod(minute, 60))) for minute in (599, 600, 670, 690, 721)}
    assert reference.values(mine, words, at[599])[:3] == (0, None, None)
    assert reference.values(mine, words, at[600])[:3] == (1, 30.0, 1.0)
    assert reference.values(mine, words, at[670])[:3] == (1, 30.0, 1.0), "not known yet"
    assert reference.values(mine, words, at[690])[:3] == (2, 15.25, 0.5)
    two_hours, day = reference.values(mine, words, at[721])[:3], reference.values(mine, words, at[721])[3:]
    assert (two_hours, day) == ((1, 0.5, 0.0), (2, 15.25, 0.5))


def test_one_difference_among_millions_misses_the_bar():
    seen = {"cores": 2}
    assert not cases._equal("all", {"compared": 3_000_000, "different": 0}, seen).missed
    assert cases._equal("all", {"compared": 3_000_000, "different": 1}, seen).missed
    assert cases._equal("none", {"compared": 0, "different": 0}, seen).missed
