"""Points in time by crontab's five fields (minute, hour, day of month, month, day of week), in a zone's own time.

As in crontab(5) of Vixie's cron: lists, ranges, steps and names; where both kinds of day are named, either will do. A
wall-clock time that does not exist (clocks go forward) is left out; of one that comes twice the first is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 7, _DAYS),
)
# 29 February comes within eight years at the latest.
_FARTHEST = timedelta(days=8 * 366)


class NotCrontab(ValueError):
    """A text that is none; the text says which field and what stands there."""


@dataclass(frozen=True)
class Crontab:
    """Five fields as sets of numbers; Sunday is 0."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    @classmethod
    def of(cls, text: str) -> Crontab:
        """NotCrontab where the text is none."""
        fields = text.split()
        if len(fields) != len(_FIELDS):
            raise NotCrontab(text)
        sets = [_numbers(said, *field) for said, field in zip(fields, _FIELDS, strict=True)]
        weekdays = frozenset(day % 7 for day in sets[4])
        return cls(sets[0], sets[1], sets[2], sets[3], weekdays, fields[2][0] == "*", fields[4][0] == "*")

    def next_after(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """The first time after `moment` (aware), in UTC; None where there is none, as on 31 February."""
        local = moment.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0) + timedelta(minutes=1)
        farthest = local + _FARTHEST
        while local < farthest:
            if local.month not in self.months or not self._on(local):
                local = local.replace(hour=0, minute=0) + timedelta(days=1)
            elif local.hour not in self.hours:
                local = local.replace(minute=0) + timedelta(hours=1)
            elif local.minute not in self.minutes:
                local += timedelta(minutes=1)
            else:
                found = local.replace(tzinfo=zone).astimezone(UTC)
                if found > moment and found.astimezone(zone).replace(tzinfo=None) == local:
                    return found
                local += timedelta(minutes=1)
        return None

    def _on(self, local: datetime) -> bool:
        day, weekday = local.day in self.days, (local.weekday() + 1) % 7 in self.weekdays
        return (day and weekday) if self.any_day or self.any_weekday else (day or weekday)


def _numbers(said: str, name: str, least: int, most: int, words: tuple[str, ...]) -> frozenset[int]:
    found: set[int] = set()
    for part in said.lower().split(","):
        span, slash, step = part.partition("/")
        if slash and not (step.isascii() and step.isdigit() and int(step)):
            raise NotCrontab(f"{name}: {part}")
        if span == "*":
            low, high = least, most
        else:
            first, dash, last = span.partition("-")
            low = _number(first, name, least, most, words)
            high = _number(last, name, least, most, words) if dash else (most if slash else low)
        if low > high:
            raise NotCrontab(f"{name}: {part}")
        found.update(range(low, high + 1, int(step) if slash else 1))
    return frozenset(found)


def _number(said: str, name: str, least: int, most: int, words: tuple[str, ...]) -> int:
    if said in words:
        return words.index(said) + (1 if words is _MONTHS else 0)
    if not (said.isascii() and said.isdigit() and len(said) <= 2 and least <= int(said) <= most):
        raise NotCrontab(f"{name}: {said}")
    return int(said)
