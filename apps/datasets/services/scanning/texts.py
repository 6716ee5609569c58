"""Shapes of text: e-mail addresses, places, dates, and what stands inside longer text."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime

from apps.datasets.choices import PersonalKind
from apps.datasets.services.scanning import numbers

_EMAIL = r"[^\s@<>,;:()\[\]\"']{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}"
_WHOLE_EMAIL = re.compile(_EMAIL)
_WKT = re.compile(r"(?:SRID=\d+;)?\s*(?:POINT|LINESTRING|POLYGON|MULTI[A-Z]+)\s*Z?\s*\(", re.IGNORECASE)
_PAIR = re.compile(r"\(?\s*(-?\d{1,3}\.\d{3,})\s*[,;]\s*(-?\d{1,3}\.\d{3,})\s*\)?")
_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
# Where such a thing may begin inside a sentence; whether it is one, the check digits say.
_INSIDE: tuple[tuple[PersonalKind, re.Pattern[str], Callable[[str], bool]], ...] = (
    (PersonalKind.EMAIL, re.compile(_EMAIL), lambda text: True),
    (PersonalKind.EMIRATES_ID, re.compile(r"(?<!\d)784-?\d{4}-?\d{7}-?\d(?!\d)"), numbers.is_emirates_id),
    (
        PersonalKind.IBAN,
        re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)"),
        numbers.is_iban,
    ),
    (PersonalKind.CARD, re.compile(r"(?<![\d+])\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{1,7}(?!\d)"), numbers.is_card),
    (
        PersonalKind.PHONE,
        re.compile(r"(?<![\w+])(?:(?:\+|00)[1-9](?:[ -]?\d){6,14}|0(?:5[024568]|[234679])[ -]?\d{3}[ -]?\d{4})(?!\d)"),
        numbers.is_phone,
    ),
)


def is_email(text: str) -> bool:
    return "@" in text and bool(_WHOLE_EMAIL.fullmatch(text))


def is_place(text: str) -> bool:
    """Well-known text (OGC 06-103r4), or a latitude and a longitude with three decimals or more."""
    if _WKT.match(text):
        return True
    pair = _PAIR.fullmatch(text)
    return bool(pair) and abs(float(pair[1])) <= 90 and abs(float(pair[2])) <= 180  # type: ignore[index]


def as_date(value: object) -> date | None:
    """A date, also one written as text with a year of four digits; whether day or month comes first is left open."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    found = _DATE.match(value) if isinstance(value, str) else None
    if not found:
        return None
    year, one, two = (found[1], found[2], found[3]) if found[1] else (found[6], found[5], found[4])
    month, day = (int(one), int(two)) if int(one) <= 12 else (int(two), int(one))
    try:
        return date(int(year), month, day)
    except ValueError:
        return None


def kinds_inside(text: str) -> set[PersonalKind]:
    """What stands somewhere in a longer text; checked as strictly as if it stood alone."""
    return {kind for kind, shape, holds in _INSIDE for found in shape.finditer(text) if holds(found.group().strip())}
