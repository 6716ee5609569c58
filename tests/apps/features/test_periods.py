"""Periods are found by their names, and those without rows stand between the others."""

from __future__ import annotations

from datetime import datetime

import pytest

from apps.features.selectors.periods import Period, period_called, with_gaps


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("hour-2013-03-04-05", datetime(2013, 3, 4, 5), datetime(2013, 3, 4, 6)),
        ("day-2013-02-28", datetime(2013, 2, 28), datetime(2013, 3, 1)),
        ("week-2013-03-04", datetime(2013, 3, 4), datetime(2013, 3, 11)),
        ("month-2013-12", datetime(2013, 12, 1), datetime(2014, 1, 1)),
        ("year-0999", datetime(999, 1, 1), datetime(1000, 1, 1)),
        ("year-9999", datetime(9999, 1, 1), datetime.max),
    ],
)
def test_a_period_is_found_by_its_name(name, start, end):
    found = period_called(name)
    assert (found, str(found), found.end) == (Period(name.partition("-")[0], start), name, end)


def test_gaps_are_filled_as_far_as_a_page_can_show_them():
    found = [period_called(name) for name in ("day-2013-01-01", "day-2013-01-04", "day-2013-03-04")]
    shown = [str(one) for one in with_gaps(found, 6)]
    assert shown == [
        "day-2013-01-01",
        "day-2013-01-02",
        "day-2013-01-03",
        "day-2013-01-04",
        "day-2013-01-05",
        "day-2013-03-04",
    ]
    assert list(with_gaps([], 5)) == []
