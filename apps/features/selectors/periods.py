"""Periods by their names: hour-2013-03-04-05, day-2013-03-04, week-2013-03-04, month-2013-03, year-2013."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from babel.dates import format_date
from django.utils.translation import gettext as _

from foundation.figures import locale

# So many signs of a moment's ISO form say which piece of each unit it is.
_SIGNS = {"hour": 13, "day": 10, "week": 10, "month": 7, "year": 4}
_STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
_WHOLE = "2001-01-01T00:00:00"


@dataclass(frozen=True, order=True)
class Period:
    """One hour, day, week from Monday on, month or year, in UTC."""

    unit: str
    start: datetime

    def __str__(self) -> str:
        return f"{self.unit}-{self.start.isoformat()[: _SIGNS[self.unit]].replace('T', '-')}"

    @property
    def end(self) -> datetime:
        """When the next one begins; the end of the calendar where there is none."""
        try:
            if self.unit in _STEPS:
                return self.start + _STEPS[self.unit]
            year, month = (self.start.year + 1, 1) if self.unit == "year" else _after(self.start.year, self.start.month)
            return self.start.replace(year=year, month=month)
        except (OverflowError, ValueError):
            return datetime.max

    @property
    def label(self) -> str:
        """March 2013, as sentences hold it."""
        shown = {"year": "y", "month": "LLLL y"}.get(self.unit, "d MMMM y")
        day = format_date(self.start, shown, locale=locale())
        if self.unit == "week":
            return _("the week of %(day)s") % {"day": day}
        return f"{day}, {self.start:%H:%M} UTC" if self.unit == "hour" else day


def _after(year: int, month: int) -> tuple[int, int]:
    return (year + 1, 1) if month == 12 else (year, month + 1)


def period_called(name: str) -> Period | None:
    """The period of this name; None where there is none of that name."""
    unit, _dash, said = name.partition("-")
    if unit not in _SIGNS or len(said) != _SIGNS[unit]:
        return None
    if unit == "hour":
        said = f"{said[:10]}T{said[11:]}"
    try:
        found = Period(unit, datetime.fromisoformat(said + _WHOLE[len(said) :]))
    except ValueError:
        return None
    as_named = str(found) == name and (unit != "week" or found.start.weekday() == 0)
    return found if as_named else None


def with_gaps(found: Sequence[Period], most: int) -> Iterator[Period]:
    """The periods in their order with those between them, as far as there are not more than so many."""
    left = most - len(found)
    for one, after in pairwise(found):
        yield one
        while left > 0 and (one := Period(one.unit, one.end)) < after:
            left -= 1
            yield one
    yield from found[-1:]
