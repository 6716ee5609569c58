"""The reader's calendar: Gregorian, or Hijri as the Umm al-Qura calendar counts it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Literal

from babel import Locale
from babel.dates import format_datetime
from django.utils import timezone
from hijridate import Gregorian

from foundation import figures
from foundation.identity.models import User

_chosen: ContextVar[str] = ContextVar("calendar", default=User.Calendar.GREGORIAN)


@contextmanager
def reading(calendar: str) -> Iterator[None]:
    """Dates are said in this calendar while the block runs."""
    before = _chosen.set(calendar)
    try:
        yield
    finally:
        _chosen.reset(before)


def date_in_words(here: datetime, *, locale: Locale, year: bool = True) -> str:
    """3 Nov 2026, or 23 Jumada al-Ula 1448 AH; `here` is in the reader's time zone already."""
    said = _hijri(here, "ar" if locale.language == "ar" else "en", year=year) if _reads_hijri() else ""
    return said or str(format_datetime(here, "d MMM y" if year else "d MMM", locale=locale))


def day_in_words(moment: datetime) -> str:
    """The day of a moment, in the reader's zone, language and calendar: as sentences hold it."""
    return date_in_words(timezone.localtime(moment), locale=figures.locale())


def _reads_hijri() -> bool:
    return _chosen.get() == User.Calendar.HIJRI


def _hijri(here: datetime, language: Literal["ar", "en"], *, year: bool) -> str:
    """Empty outside the years 1343 to 1500, for which the tables of Umm al-Qura are published."""
    try:
        date = Gregorian(here.year, here.month, here.day).to_hijri()
    except OverflowError:
        return ""
    said = f"{date.day} {date.month_name(language)}"
    return f"{said} {date.year} {date.notation(language)}" if year else said
