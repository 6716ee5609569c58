"""Points in time by crontab's five fields."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from foundation.crontab import Crontab, NotCrontab

DUBAI, BERLIN = ZoneInfo("Asia/Dubai"), ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "zone", "after", "then"),
    [
        ("*/15 * * * *", DUBAI, "2026-03-01T10:07:00", "2026-03-01T10:15:00"),
        ("0 6 * * *", DUBAI, "2026-03-01T02:00:00", "2026-03-02T02:00:00"),
        ("0 6 * * mon-fri", DUBAI, "2026-03-06T03:00:00", "2026-03-09T02:00:00"),
        ("0 0 1 jan *", BERLIN, "2026-03-01T00:00:00", "2026-12-31T23:00:00"),
        ("0 0 13 * 5", DUBAI, "2026-03-01T00:00:00", "2026-03-05T20:00:00"),  # a Friday, or a 13th
        ("30 2 * * *", BERLIN, "2026-03-28T12:00:00", "2026-03-30T00:30:00"),  # 02:30 is not there on the 29th
        ("30 2 * * *", BERLIN, "2026-10-24T12:00:00", "2026-10-25T00:30:00"),  # it comes twice: the first
        ("30 2 * * *", BERLIN, "2026-10-25T00:30:00", "2026-10-26T01:30:00"),
        ("0 0 29 2 *", DUBAI, "2026-03-01T00:00:00", "2028-02-28T20:00:00"),
        ("5,10-20/5 3 * * 7", DUBAI, "2026-03-01T00:00:00", "2026-03-07T23:05:00"),
    ],
)
def test_the_next_time(text, zone, after, then):
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert Crontab.of(text).next_after(moment, zone) == datetime.fromisoformat(then).replace(tzinfo=UTC)


def test_a_day_that_never_comes():
    assert Crontab.of("0 0 31 2 *").next_after(datetime(2026, 1, 1, tzinfo=UTC), DUBAI) is None


NONE = ("", "* * * *", "60 * * * *", "* * 0 * *", "*/0 * * * *", "5-1 * * * *", "a * * * *", "@daily", "\u0661 * * * *")


@pytest.mark.parametrize("text", NONE)
def test_what_is_none(text):
    with pytest.raises(NotCrontab):
        Crontab.of(text)
