"""The sample's flights as events: each once, known no earlier than it was over, out of the archive or a plain file."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from itertools import islice

from sanad.samples import flights, landed


def test_each_flight_is_an_event_and_one_that_never_landed_has_no_delay():
    found = list(islice(landed.events(), 2_000))
    assert found[0] == {
        "carrier": "UA",
        "origin": "EWR",
        # Scheduled at 10:15, two minutes late, 227 in the air.
        "over_at": "2013-01-01T14:04:00+00:00",
        "known_at": "2013-01-01T14:04:00+00:00",
        "delay": 11.0,
        "late": False,
    }
    nowhere = [event for event in found if event["delay"] is None]
    assert 10 < len(nowhere) < 100
    assert all(event["late"] is None and event["over_at"] for event in nowhere)


def test_flights_are_the_same_out_of_a_plain_file(tmp_path):
    plain = tmp_path / "flights.csv"
    with zipfile.ZipFile(flights.files()["flights"]) as whole, whole.open(whole.namelist()[0]) as packed:
        plain.write_bytes(b"".join(islice(packed, 51)))
    assert list(landed.events(plain)) == list(islice(landed.events(), 50))


def test_flights_that_land_now_end_now_and_are_known_when_they_are_sent():
    now, sent = datetime(2026, 5, 1, 12, tzinfo=UTC), datetime(2026, 5, 1, 12, 1, tzinfo=UTC)
    moved = landed.shifted(islice(landed.events(), 300), now)
    assert max(event["over_at"] for event in moved) == now.isoformat()
    assert {event["known_at"] for event in landed.as_known(moved, sent)} == {sent.isoformat()}
    assert [event["delay"] for event in moved] == [event["delay"] for event in islice(landed.events(), 300)]


def test_what_the_model_is_asked_with_names_every_feature_of_the_windows():
    made = {one["name"] for words in landed.views() for one in words["aggregations"]}
    assert len(made) == 12
    assert made <= flights.EXAMPLE.keys()
    assert not made & set(flights.BASE_FEATURES)
